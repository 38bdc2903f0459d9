"""Single calls seen from outside: who is asked, what is paid, who is believed to be well."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest
from django.utils import timezone

from budgets.models import Budget, LedgerLine, Reservation
from budgets.services.allocation import open_hold
from routing.models import Breaker, Decision, QualityProfile
from runs.models import Run
from runs.services import lifecycle
from telemetry.models import Event
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import (
    assert_money_adds_up,
    calls_of,
    carry,
    carry_all,
    given_run,
    on_probation,
)
from tests.integration.engine.world import DOLLAR, make_team

pytestmark = pytest.mark.django_db(transaction=True)

HAIKU, LUNA, LITE = "sim/claude-haiku-5-5", "sim/gpt-6-luna", "sim/gemini-3.5-flash-lite"
THREE = [HAIKU, LUNA, LITE]


@pytest.fixture(autouse=True)
def skilled(providers: Simulator) -> None:
    providers.fault("*", "skill:0.5")


def breaker(model: str) -> str:
    return next(iter(Breaker.objects.filter(model=model).values_list("state", flat=True)), "CLOSED")


def test_every_call_has_a_decision_with_candidates_estimates_and_reasons() -> None:
    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    for call in calls_of(run):
        decision = Decision.objects.get(call_id=call.id)
        assert (decision.outcome, decision.model, decision.call_id) == (
            "allow",
            call.model,
            call.id,
        )
        for candidate in decision.candidates["candidates"]:
            assert {"model", "mean", "sd", "n", "draw", "expected_cost_nanousd"} <= set(candidate)
        removed = {one["model"]: one["reason"] for one in decision.candidates["removed"]}
        assert removed["sim/claude-opus-5-5"] == "not_allowed"


def test_every_call_was_reserved_sent_and_settled_before_it_counted() -> None:
    (run,) = carry(given_run({"key": "a"}))

    reservations = {one.call_id: one for one in Reservation.objects.filter(run_id=run.id)}
    for call in calls_of(run):
        reservation = reservations[call.id]
        assert reservation.state == "SETTLED"
        assert reservation.sent_at and reservation.reserved_at <= reservation.sent_at <= call.at
        assert call.cost_nanousd is not None
        assert 0 < call.cost_nanousd <= reservation.amount_nanousd


def test_a_reviewer_hit_by_one_429_is_not_disabled(providers: Simulator) -> None:
    providers.script({"fault": "429", "retry_after": 0}, intent="critique")

    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    assert run.status == "SUCCESS", run.failure
    assert [call.phase for call in calls_of(run) if call.outcome == "error"] == ["cross_review"]
    assert {breaker(model) for model in THREE} == {"CLOSED"}
    assert run.tasks.get().reviewer


def test_a_404_in_the_words_of_an_answer_or_error_opens_no_breaker(
    providers: Simulator,
) -> None:
    words = "HTTP 404 not found: model does not exist, 401 unauthorized"
    providers.script(words, intent="generate")
    providers.script({"fault": "500", "message": words}, intent="judge")

    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    assert {breaker(model) for model in THREE} == {"CLOSED"}
    assert run.status in {"SUCCESS", "COMPLETED_DEGRADED"}


@pytest.mark.parametrize("kind", ["401", "404"])
def test_a_model_that_is_gone_is_left_at_once(providers: Simulator, kind: str) -> None:
    providers.fault("claude-haiku-5-5", kind)
    providers.fault("gpt-6-luna", "skill:0.5")
    tasks = [{"key": f"t{n}"} for n in range(4)]

    (run,) = carry(given_run(*tasks, allowed_models=THREE, max_parallel_tasks=1))

    assert run.status == "SUCCESS", run.failure
    assert len(providers.requests(model="claude-haiku-5-5")) <= 1
    if providers.requests(model="claude-haiku-5-5"):
        assert breaker(HAIKU) == "OPEN"
        assert Event.objects.filter(type="breaker.changed").exists()


def test_after_three_strikes_nobody_asks_a_dead_model(providers: Simulator) -> None:
    providers.fault("claude-haiku-5-5", "500")
    tasks = [{"key": f"t{n}"} for n in range(8)]

    (run,) = carry(given_run(*tasks, allowed_models=THREE, max_parallel_tasks=1))

    assert run.status == "SUCCESS", run.failure
    assert len(providers.requests(model="claude-haiku-5-5")) == 3
    assert breaker(HAIKU) == "OPEN"


def test_no_call_waits_for_a_model_whose_breaker_is_open(providers: Simulator) -> None:
    providers.fault("claude-haiku-5-5", "timeout")
    on_probation(HAIKU)

    started = time.monotonic()
    (run,) = carry(given_run({"key": "a"}, {"key": "b"}, allowed_models=THREE))

    assert run.status == "SUCCESS", run.failure
    assert time.monotonic() - started < 15, "a call waited for the dead model"
    assert all(call.model != HAIKU for call in calls_of(run) if call.task_key)


def test_a_model_that_came_back_is_found_by_a_probe(providers: Simulator) -> None:
    on_probation(HAIKU)

    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    assert breaker(HAIKU) == "CLOSED"
    assert providers.requests(model="claude-haiku-5-5"), "nobody looked whether it is back"
    assert_money_adds_up(run)


def test_a_probe_that_was_not_made_is_given_back(providers: Simulator) -> None:
    on_probation(HAIKU)

    (poor,) = carry(given_run({"key": "a"}, allowed_models=[HAIKU], budget_nanousd=1000))

    assert poor.status == "BUDGET_EXHAUSTED"
    assert providers.requests() == []
    assert breaker(HAIKU) == "OPEN", "nobody may look for five minutes"


def test_a_phase_over_its_soft_cap_warns_once_and_stops_nothing() -> None:
    task = {"key": "a", "type": "code_generation"}
    (roomy,) = carry(given_run(task, allowed_models=[LUNA], cache="never"))
    bound = max(one.amount_nanousd for one in Reservation.objects.filter(run_id=roomy.id))

    # One reservation alone is more than generation's 45 % and the common reserve of 10 %.
    tight = given_run(task, allowed_models=[LUNA], cache="never", budget_nanousd=bound * 7 // 4)
    (tight,) = carry(tight)

    assert tight.status in {"SUCCESS", "COMPLETED_DEGRADED"}, tight.failure
    warned = Event.objects.filter(type="phase.over_cap")
    assert [(event.run_id, event.payload["phase"]) for event in warned] == [
        (tight.id, "generation")
    ]


def test_what_may_have_been_billed_is_charged_in_full_and_flagged(
    providers: Simulator,
) -> None:
    providers.script({"fault": "cut_stream"}, intent="generate")

    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    (cut,) = [call for call in calls_of(run) if call.outcome == "error"]
    reservation = Reservation.objects.get(call_id=cut.id)
    assert (cut.unconfirmed, cut.cost_nanousd) == (True, reservation.amount_nanousd)
    assert LedgerLine.objects.get(call_id=cut.id).kind == "UNCONFIRMED"
    assert_money_adds_up(run)


def test_an_error_answer_costs_nothing(providers: Simulator) -> None:
    providers.script({"fault": "500"}, intent="generate")

    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    (failed,) = [call for call in calls_of(run) if call.outcome == "error"]
    assert (failed.cost_nanousd, failed.unconfirmed, failed.error_origin) == (0, False, "provider")


def test_an_answer_without_usage_is_kept_and_charged_in_full(
    providers: Simulator,
) -> None:
    providers.fault("gpt-6-luna", "no_usage")

    (run,) = carry(given_run({"key": "a"}, allowed_models=[LUNA]))

    assert run.tasks.get().text.output
    for call in calls_of(run):
        assert (call.outcome, call.unconfirmed, call.input_tokens) == ("ok", True, None)
    assert_money_adds_up(run)


def test_the_same_request_is_answered_from_the_cache_and_costs_nothing(
    providers: Simulator,
) -> None:
    (first,) = carry(given_run({"key": "a"}, allowed_models=[LUNA]))
    asked = len(providers.requests())

    (second,) = carry(given_run({"key": "a"}, allowed_models=[LUNA]))

    assert len(providers.requests()) == asked
    assert {(call.outcome, call.cost_nanousd) for call in calls_of(second)} == {("cached", 0)}
    assert second.tasks.get().score == first.tasks.get().score


def test_no_kept_judgement_counts_twice(providers: Simulator) -> None:
    (run,) = carry(given_run({"key": "a"}, allowed_models=[LUNA]))

    judged = [call for call in calls_of(run) if call.phase == "evaluation"]
    assert len(judged) >= 2
    assert all(call.outcome == "ok" for call in judged), "the second judge was read from the cache"


def test_the_cache_can_be_switched_off(providers: Simulator) -> None:
    carry(given_run({"key": "a"}, allowed_models=[LUNA], cache="never"))

    (run,) = carry(given_run({"key": "a"}, allowed_models=[LUNA], cache="never"))

    assert {call.outcome for call in calls_of(run)} == {"ok"}


def test_evaluated_attempts_teach_the_profiles(providers: Simulator) -> None:
    (run,) = carry(given_run({"key": "a"}, {"key": "b"}))

    attempts = [attempt for task in run.tasks.all() for attempt in task.attempts.all()]
    learned = Counter[tuple[str, str]]()
    for profile in QualityProfile.objects.filter(org_id=run.org_id, team_id=run.team_id):
        learned[profile.model, profile.task_type] = profile.n
    assert learned == Counter((attempt.model, "summarization") for attempt in attempts)


def test_a_cancelled_run_stops_within_one_call(providers: Simulator) -> None:
    providers.fault("*", "slow", after_ms=400)
    run = given_run({"key": "a"}, {"key": "b", "depends_on": ["a"]}, max_parallel_tasks=1)

    async def cancel_soon() -> None:
        carrying = asyncio.create_task(carry_all(1))
        while not providers.requests():
            await asyncio.sleep(0.05)
        await asyncio.to_thread(lifecycle.cancel, run.id, timezone.now())
        await carrying

    asyncio.run(cancel_soon())

    run = Run.objects.get(id=run.id)
    assert run.status == "CANCELLED"
    assert len(providers.requests()) == 1
    assert_money_adds_up(run)


def test_a_cancel_that_comes_after_the_last_call_still_counts(providers: Simulator) -> None:
    providers.fault("*", "slow", after_ms=200)
    run = given_run({"key": "a"})

    async def cancel_at_the_end() -> None:
        carrying = asyncio.create_task(carry_all(1))
        await asyncio.to_thread(wait_for_judges, providers)
        await asyncio.to_thread(lifecycle.cancel, run.id, timezone.now())
        await carrying

    def wait_for_judges(providers: Simulator) -> None:
        while len(providers.requests(intent="judge")) < 2:
            time.sleep(0.02)

    asyncio.run(cancel_at_the_end())

    run = Run.objects.get(id=run.id)
    finished = Event.objects.get(run_id=run.id, type="run.finished")
    assert (run.status, finished.payload["status"]) == ("CANCELLED", "CANCELLED")


def test_four_large_runs_that_spend_little_pass_one_org_budget_one_after_the_other(
    providers: Simulator,
) -> None:
    team = make_team()
    Budget.objects.create(org=team.org, period="month", limit_nanousd=30 * DOLLAR)

    ended = [carry(given_run({"key": "a"}, budget_nanousd=8 * DOLLAR))[0] for _ in range(4)]

    assert [run.status for run in ended] == ["SUCCESS"] * 4


def test_a_forecast_hold_grows_with_the_run_and_ends_at_its_budget(
    providers: Simulator,
) -> None:
    run = given_run({"key": "a"}, {"key": "b"})
    small = open_hold(
        run_id=run.id,
        org=run.org,
        team=run.team,
        limit_nanousd=2 * DOLLAR,
        amount_nanousd=1000,
        now=timezone.now(),
    )
    Run.objects.filter(id=run.id).update(hold=small)

    (run,) = carry(run)

    small.refresh_from_db()
    assert run.status == "SUCCESS", run.failure
    assert LedgerLine.objects.filter(hold=small, kind="EXTEND").exists()
    assert small.spent_nanousd <= 2 * DOLLAR


def test_sixty_four_runs_are_carried_together() -> None:
    runs = [
        given_run({"key": "a", "prompt": f"Summarise story {n}"}, allowed_models=THREE)
        for n in range(64)
    ]

    runs = carry(*runs)

    assert {run.status for run in runs} <= {"SUCCESS", "COMPLETED_DEGRADED"}
    began, ended = zip(*((run.started_at, run.finished_at) for run in runs), strict=True)
    assert max(began) < min(ended), "they waited for each other"
