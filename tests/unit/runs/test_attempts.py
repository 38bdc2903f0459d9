from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.attempts import (
    AttemptFacts,
    AttemptKind,
    Escalate,
    Finish,
    Iterate,
    NextModel,
    Reword,
    best_attempt,
    finish,
    learned_type,
    next_step,
)
from runs.core.rules import RULES, TaskRules
from runs.core.status import TaskStatus

RULES_OF_THREE = TaskRules(threshold=0.85, max_iterations=3, max_output_tokens=8192)
RULES_OF_FOUR = TaskRules(threshold=0.80, max_iterations=4, max_output_tokens=4096)
T = 0.80
N, R = AttemptKind.NEXT_MODEL, AttemptKind.REWORD
F, I = AttemptKind.FIRST, AttemptKind.ITERATE  # noqa: E741


def attempts(*outcomes, kinds=()):
    """Each outcome is a score, None, "invalid", "empty" or ("unchecked", score)."""
    facts = []
    for number, outcome in enumerate(outcomes, start=1):
        unchecked = isinstance(outcome, tuple)
        score = outcome[1] if unchecked else outcome
        unusable = outcome in ("invalid", "empty")
        kind = (kinds or [F, *[I] * len(outcomes)])[number - 1]
        facts.append(
            AttemptFacts(
                number=number,
                model=f"m-{kind}",
                provider="p",
                score=0.99 if unusable else score,
                validators_passed=None if unchecked else outcome != "invalid",
                has_output=outcome != "empty",
                kind=kind,
            )
        )
    return facts


def step(*outcomes, rules=RULES_OF_FOUR, **options):
    return next_step(rules, T, attempts(*outcomes), **options)


def test_a_task_begins_with_an_iteration_without_feedback():
    assert step() == Iterate(feedback_from=None)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        # Below the threshold: again, with what was wrong with the last one.
        ((0.3,), Iterate(1)),
        ((0.3, 0.5), Iterate(2)),
        ((0.5, 0.3), Iterate(2)),
        ((0.3, 0.5, 0.7), Iterate(3)),
        (("invalid",), Iterate(1)),
        (("empty",), Iterate(1)),
        ((None,), Iterate(1)),
        # At the threshold: done.
        ((0.80,), Finish(TaskStatus.COMPLETED, 1, "")),
        ((0.3, 0.9), Finish(TaskStatus.COMPLETED, 2, "")),
        # The iterations are used up.
        ((0.3, 0.5, 0.7, 0.75), NextModel(frozenset({"m-first", "m-iterate"}), 4)),
        # A plateau at half the threshold or above ends them after two equal scores.
        ((0.40, 0.42), NextModel(frozenset({"m-first", "m-iterate"}), 2)),
        ((0.42, 0.40), NextModel(frozenset({"m-first", "m-iterate"}), 2)),
        ((0.52, 0.50), NextModel(frozenset({"m-first", "m-iterate"}), 2)),
        ((0.40, 0.40), NextModel(frozenset({"m-first", "m-iterate"}), 2)),
        ((0.40, 0.43), Iterate(2)),
        ((0.40, 0.421), Iterate(2)),
        ((0.20, 0.60, 0.61), NextModel(frozenset({"m-first", "m-iterate"}), 3)),
        # Below half the threshold it takes three.
        ((0.30, 0.31), Iterate(2)),
        ((0.39, 0.39), Iterate(2)),
        ((0.30, 0.31, 0.32), NextModel(frozenset({"m-first", "m-iterate"}), 3)),
        ((0.30, 0.31, 0.33), Iterate(3)),
        (("invalid", "invalid"), Iterate(2)),
        (("invalid", "empty", "invalid"), NextModel(frozenset({"m-first", "m-iterate"}), 3)),
        # An earlier good one makes two failures in a row a plateau.
        ((0.6, "invalid", "invalid"), NextModel(frozenset({"m-first", "m-iterate"}), 3)),
        # A reply nobody could judge is no score and no plateau.
        ((0.5, None), Iterate(2)),
        ((None, None, None), Iterate(3)),
        ((0.5, None, 0.51), NextModel(frozenset({"m-first", "m-iterate"}), 3)),
    ],
)
def test_iterations_go_on_until_threshold_plateau_or_the_last_one(outcomes, expected):
    assert step(*outcomes) == expected


def test_the_number_of_iterations_is_the_types_own():
    assert step(0.1, 0.5, 0.7, rules=RULES_OF_THREE) == NextModel(
        frozenset({"m-first", "m-iterate"}), 3
    )


E = AttemptKind.ESCALATE


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        # What fails its check goes on to the better model, with what was wrong.
        ((0.7,), Escalate("m-better", 1)),
        (("invalid",), Escalate("m-better", 1)),
        (("empty",), Escalate("m-better", 1)),
        # What passes is done, and what nobody could judge did not fail.
        ((0.8,), Finish(TaskStatus.COMPLETED, 1, "")),
        ((None,), Iterate(1)),
        # From there on the better model goes on as if it had begun.
        ((0.3, 0.9), Finish(TaskStatus.COMPLETED, 2, "")),
        ((0.3, 0.7), Iterate(2)),
        ((0.3, 0.5, 0.6, 0.7), NextModel(frozenset({"m-first", "m-escalate", "m-iterate"}), 4)),
        ((0.7, 0.7), NextModel(frozenset({"m-first", "m-escalate"}), 2)),
    ],
)
def test_a_cascade_goes_on_to_its_better_model_within_the_same_limits(outcomes, expected):
    facts = attempts(*outcomes, kinds=[F, E, I, I])
    facts[0] = replace(facts[0], escalate_to="m-better")
    assert next_step(RULES_OF_FOUR, T, facts) == expected


def test_nothing_escalates_where_one_attempt_is_all_there_may_be():
    facts = [replace(attempts(0.5)[0], escalate_to="m-better")]
    rules = TaskRules(threshold=T, max_iterations=1, max_output_tokens=100)
    assert next_step(rules, T, facts) == NextModel(frozenset({"m-first"}), 1)


def ladder(*outcomes_and_kinds, **options):
    outcomes, kinds = zip(*outcomes_and_kinds, strict=True)
    return next_step(RULES_OF_FOUR, T, attempts(*outcomes, kinds=kinds), **options)


def test_the_ladder_is_next_model_then_another_wording_then_the_end():
    tried = [(0.5, F), (0.5, I)]
    assert ladder(*tried) == NextModel(frozenset({"m-first", "m-iterate"}), 2)
    tried += [(0.6, N)]
    assert ladder(*tried) == Reword(feedback_from=3)
    tried += [(0.7, R)]
    assert ladder(*tried) == Finish(
        TaskStatus.DEGRADED, 4, "accepted at 0.70, below the threshold of 0.80"
    )


def test_only_models_that_answered_are_ruled_out():
    unanswered = AttemptFacts(1, "", "", None, True, has_output=False)
    low = AttemptFacts(2, "m", "p", 0.0, True, has_output=True)
    last = AttemptFacts(3, "", "", None, True, has_output=False)
    assert next_step(RULES_OF_THREE, T, [unanswered, low, last]) == NextModel(frozenset({"m"}), 3)


def test_each_rung_is_one_attempt_and_may_complete_the_task():
    assert ladder((0.5, F), (0.5, I), (0.9, N)) == Finish(TaskStatus.COMPLETED, 3, "")
    assert ladder((0.5, F), (0.5, I), (0.6, N), (0.9, R)) == Finish(TaskStatus.COMPLETED, 4, "")


def test_a_reworded_task_never_goes_back_to_iterating():
    result = ladder((0.1, F), (0.3, N), (0.5, R))
    assert isinstance(result, Finish)


def test_without_another_model_the_ladder_goes_on_to_the_wording():
    assert step(0.5, 0.5, no_other_model=True) == Reword(feedback_from=2)
    assert step(0.3, no_other_model=True) == Iterate(1)
    result = ladder((0.5, F), (0.5, I), (0.6, R), no_other_model=True)
    assert result == Finish(TaskStatus.DEGRADED, 3, "gave up; the best attempt scored 0.60 of 0.80")


@pytest.mark.parametrize(
    ("outcomes", "result"),
    [
        ((0.5, 0.7, 0.6), Finish(TaskStatus.DEGRADED, 2, "accepted at 0.70, below the threshold of "
                                 "0.80")),
        ((0.68,), Finish(TaskStatus.DEGRADED, 1, "accepted at 0.68, below the threshold of 0.80")),
        ((0.67,), Finish(TaskStatus.DEGRADED, 1, "gave up; the best attempt scored 0.67 of 0.80")),
        ((0.1, 0.0), Finish(TaskStatus.DEGRADED, 1, "gave up; the best attempt scored 0.10 of "
                            "0.80")),
        ((0.5, 0.5, 0.5), Finish(TaskStatus.DEGRADED, 1, "gave up; the best attempt scored 0.50 of "
                                 "0.80")),
        (("invalid", 0.2), Finish(TaskStatus.DEGRADED, 2, "gave up; the best attempt scored 0.20 "
                                  "of 0.80")),
        ((None, None), Finish(TaskStatus.DEGRADED, 1, "no judgement could be read; the output is "
                              "kept unscored")),
        ((None, 0.0), Finish(TaskStatus.DEGRADED, 2, "gave up; the best attempt scored 0.00 of "
                             "0.80")),
        (("invalid", "invalid"), Finish(TaskStatus.FAILED, None, "a validator failed in every "
                                        "attempt")),
        (("invalid", "empty"), Finish(TaskStatus.FAILED, None, "a validator failed in every "
                                      "attempt that brought an output")),
        (("empty", "empty"), Finish(TaskStatus.FAILED, None, "no attempt brought an output")),
        ((), Finish(TaskStatus.FAILED, None, "no attempt brought an output")),
        ((("unchecked", 0.9),), Finish(TaskStatus.DEGRADED, 1, "a validator could not run")),
        ((("unchecked", 0.9), 0.82), Finish(TaskStatus.COMPLETED, 2, "")),
        ((0.9, 0.9), Finish(TaskStatus.COMPLETED, 1, "")),
    ],
)  # fmt: skip
def test_the_best_attempt_decides_the_result(outcomes, result):
    assert finish(T, attempts(*outcomes)) == result


def test_a_validator_that_cannot_run_is_not_waited_for():
    assert step(("unchecked", 0.9)) == Finish(TaskStatus.DEGRADED, 1, "a validator could not run")
    assert step(("unchecked", 0.5)) == Iterate(1)


outcome = st.one_of(
    st.floats(0, 1),
    st.sampled_from([0.0, 0.4, 0.4, 0.79, "invalid", "empty", None]),
    st.tuples(st.just("unchecked"), st.floats(0, 1) | st.none()),
)


def play(rules, threshold, outcomes, no_other_model):
    """Follow the steps as the engine does; return the attempts made and the finish."""
    made: list[AttemptFacts] = []
    for result in outcomes:
        asked = next_step(rules, threshold, made, no_other_model=no_other_model)
        if isinstance(asked, Finish):
            return made, asked
        kind = {NextModel: N, Reword: R}.get(type(asked), I if made else F)
        (facts,) = attempts(result, kinds=[kind])
        made.append(AttemptFacts(len(made) + 1, f"m{len(made)}", "p", facts.score,
                                 facts.validators_passed, facts.has_output, kind))  # fmt: skip
    return made, next_step(rules, threshold, made, no_other_model=no_other_model)


@given(
    st.sampled_from(list(RULES.values())),
    st.floats(0.01, 1),
    st.lists(outcome, min_size=6, max_size=6),
    st.booleans(),
)
def test_any_outcomes_end_within_the_iterations_and_two_attempts(rules, threshold, outcomes, alone):
    made, last = play(rules, threshold, outcomes, alone)
    assert isinstance(last, Finish)
    assert len(made) <= rules.max_iterations + 2
    kinds = [attempt.kind for attempt in made]
    assert kinds.count(N) <= (0 if alone else 1)
    assert kinds.count(R) <= 1


@given(st.floats(0.01, 1), st.lists(outcome, max_size=6))
def test_no_attempt_is_better_than_the_one_kept(threshold, outcomes):
    made = attempts(*outcomes)
    result = finish(threshold, made)
    best = best_attempt(threshold, made)
    usable = [attempt for attempt in made if attempt.usable]
    if result.status is TaskStatus.FAILED:
        assert not usable
        assert best is None
        assert result.best is None
        return
    assert best is not None
    assert best in usable
    assert best.number == result.best
    rivals = [a for a in usable if a.validators_passed or result.status is TaskStatus.DEGRADED]
    top = max((a.score for a in rivals if a.score is not None), default=None)
    assert best.score == top
    assert best.number == min(a.number for a in rivals if a.score == top)
    completes = any(a.validators_passed and (a.score or 0) >= threshold for a in usable)
    assert (result.status is TaskStatus.COMPLETED) == completes


@pytest.mark.parametrize("kind", AttemptKind)
def test_only_what_was_escalated_is_learned_apart(kind: AttemptKind) -> None:
    apart = kind is AttemptKind.ESCALATE
    assert learned_type("summarization", kind) == "summarization" + "+escalated" * apart
