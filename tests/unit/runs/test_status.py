from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.status import (
    ACTIVE,
    FINAL,
    RESULTS,
    RESUMABLE,
    TERMINAL,
    RunFacts,
    RunStatus,
    TaskStatus,
    final_status,
    has_result,
    is_terminal,
    task_status,
)

OK, LOW, BAD, SKIP = (
    TaskStatus.COMPLETED,
    TaskStatus.DEGRADED,
    TaskStatus.FAILED,
    TaskStatus.SKIPPED,
)
OPEN, BUSY = TaskStatus.PENDING, TaskStatus.RUNNING
FLAGS = ("cancelled", "unexpected_error", "no_provider", "out_of_money", "out_of_time")


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        # A person's word comes first, even over finished work.
        (RunFacts(cancelled=True), "CANCELLED"),
        (RunFacts(cancelled=True, tasks=(OK, OK)), "CANCELLED"),
        (RunFacts(cancelled=True, unexpected_error=True, tasks=(None,)), "CANCELLED"),
        # Nothing at all came of it, and not for lack of money or time.
        (RunFacts(unexpected_error=True), "SYSTEM_FAILURE"),
        (RunFacts(no_provider=True), "SYSTEM_FAILURE"),
        (RunFacts(no_provider=True, tasks=(None, OPEN, BUSY)), "SYSTEM_FAILURE"),
        (RunFacts(unexpected_error=True, out_of_money=True, tasks=(None,)), "SYSTEM_FAILURE"),
        # A single result makes it a partial success instead.
        (RunFacts(no_provider=True, tasks=(OK, None)), "PARTIAL_SUCCESS"),
        (RunFacts(no_provider=True, tasks=(BAD, None)), "PARTIAL_SUCCESS"),
        (RunFacts(unexpected_error=True, tasks=(SKIP, OPEN)), "PARTIAL_SUCCESS"),
        # Every task has a result: what went wrong beside it does not matter.
        (RunFacts(tasks=(OK,)), "SUCCESS"),
        (RunFacts(tasks=(OK, OK, OK)), "SUCCESS"),
        (RunFacts(unexpected_error=True, no_provider=True, tasks=(OK,)), "SUCCESS"),
        (RunFacts(out_of_money=True, out_of_time=True, tasks=(OK, OK)), "SUCCESS"),
        (RunFacts(tasks=(OK, LOW)), "COMPLETED_DEGRADED"),
        (RunFacts(tasks=(OK, BAD)), "COMPLETED_DEGRADED"),
        (RunFacts(tasks=(OK, BAD, SKIP)), "COMPLETED_DEGRADED"),
        (RunFacts(tasks=(BAD, BAD)), "COMPLETED_DEGRADED"),
        (RunFacts(tasks=(SKIP, SKIP)), "COMPLETED_DEGRADED"),
        (RunFacts(out_of_money=True, tasks=(BAD, SKIP)), "COMPLETED_DEGRADED"),
        (RunFacts(no_provider=True, tasks=(BAD,)), "COMPLETED_DEGRADED"),
        # Something is left to do.
        (RunFacts(out_of_money=True), "BUDGET_EXHAUSTED"),
        (RunFacts(out_of_money=True, tasks=(OK, None)), "BUDGET_EXHAUSTED"),
        (RunFacts(out_of_money=True, out_of_time=True, tasks=(None,)), "BUDGET_EXHAUSTED"),
        (RunFacts(out_of_money=True, no_provider=True, tasks=(OK, OPEN)), "BUDGET_EXHAUSTED"),
        (RunFacts(out_of_time=True), "TIMEOUT"),
        (RunFacts(out_of_time=True, tasks=(OK, BUSY)), "TIMEOUT"),
        (RunFacts(tasks=(OK, OPEN)), "PARTIAL_SUCCESS"),
        (RunFacts(tasks=(None, None)), "PARTIAL_SUCCESS"),
        # Interrupted before there was a plan.
        (RunFacts(), "PARTIAL_SUCCESS"),
    ],
)
def test_the_first_matching_rule_decides_how_a_run_ended(facts, status):
    assert final_status(facts) == status


any_facts = st.builds(
    RunFacts,
    **{flag: st.booleans() for flag in FLAGS},
    tasks=st.lists(st.sampled_from([None, *TaskStatus]), max_size=6).map(tuple),
)


@given(any_facts)
def test_every_run_ends_with_a_terminal_status(facts):
    assert final_status(facts) in TERMINAL


@given(any_facts)
def test_success_means_that_every_task_was_completed(facts):
    all_completed = bool(facts.tasks) and set(facts.tasks) == {OK}
    assert (final_status(facts) is RunStatus.SUCCESS) == (all_completed and not facts.cancelled)


@given(any_facts)
def test_a_run_is_resumable_exactly_when_work_is_left_and_nobody_cancelled(facts):
    is_finished = bool(facts.tasks) and all(map(has_result, facts.tasks))
    assert (final_status(facts) in RESUMABLE) == (not facts.cancelled and not is_finished)


def test_statuses_are_active_resumable_or_final_and_nothing_else():
    assert set(RunStatus) == ACTIVE | RESUMABLE | FINAL
    assert not ACTIVE & TERMINAL
    assert not RESUMABLE & FINAL
    assert {"SUCCESS", "COMPLETED_DEGRADED", "CANCELLED"} == FINAL
    assert {"PARTIAL_SUCCESS", "BUDGET_EXHAUSTED", "TIMEOUT", "SYSTEM_FAILURE"} == RESUMABLE
    assert {"SUCCESS", "PARTIAL_SUCCESS"} == {s for s in RunStatus if "SUCCESS" in s}


@pytest.mark.parametrize("status", list(RunStatus))
def test_plain_strings_from_the_database_are_understood(status):
    assert is_terminal(str(status)) == (status in TERMINAL)


def test_a_result_is_final():
    assert {OK, LOW, BAD, SKIP} == RESULTS
    assert not has_result(None)
    assert not has_result(OPEN)


@pytest.mark.parametrize(
    ("has_output", "validators_passed", "score", "status"),
    [
        (True, True, 0.80, OK),
        (True, True, 0.95, OK),
        (True, True, 0.79, LOW),
        (True, True, 0.0, LOW),
        (True, True, None, LOW),  # nobody could judge it
        (True, None, 0.95, LOW),  # a validator could not run: never a pass
        (True, None, None, LOW),
        (True, False, 0.95, BAD),
        (False, True, 0.95, BAD),
        (False, False, None, BAD),
    ],
)
def test_a_task_gets_the_result_its_best_attempt_deserves(
    has_output, validators_passed, score, status
):
    result = task_status(
        has_output=has_output, validators_passed=validators_passed, score=score, threshold=0.8
    )
    assert result is status
