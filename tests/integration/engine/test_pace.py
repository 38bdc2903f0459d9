"""Limits of rate seen from outside: calls wait, nobody is struck, others step in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from budgets.models import Reservation
from routing.models import Breaker, Decision, Policy, RateLimit, RateWindow
from runs.models import Run
from telemetry.models import Event
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import assert_money_adds_up, calls_of, carry, given_run
from tests.integration.engine.world import make_team

pytestmark = pytest.mark.django_db(transaction=True)

HAIKU, LUNA, LITE = "sim/claude-haiku-5-5", "sim/gpt-6-luna", "sim/gemini-3.5-flash-lite"
THREE = [HAIKU, LUNA, LITE]


@pytest.fixture(autouse=True)
def skilled(providers: Simulator) -> None:
    providers.fault("*", "skill:0.5")


@pytest.fixture
def short_minutes(monkeypatch: pytest.MonkeyPatch) -> float:
    """Let a minute of the limits last three seconds."""
    from routing.core import rates

    seconds = dict.fromkeys(rates.SECONDS, 3)
    monkeypatch.setattr(rates, "SECONDS", seconds)
    return 3.0


def most_at_once(run: Run, seconds: float) -> int:
    """Return how many calls were decided on within any time of this length."""
    at = list(Reservation.objects.filter(run_id=run.id).values_list("reserved_at", flat=True))
    return max(
        sum(start <= other < start + timedelta(seconds=seconds) for other in at) for start in at
    )


def held_up(run: Run) -> dict[str, str]:
    """Return what the denials of a run say of models held up by a limit."""
    denied = Decision.objects.filter(run_id=run.id, outcome="deny")
    removed = [one for decision in denied for one in decision.candidates["removed"]]
    return {one["model"]: one["detail"] for one in removed if one["reason"] == "rate_limited"}


def test_requests_a_minute_delay_calls_and_strike_nobody(short_minutes: float) -> None:
    team = make_team()
    RateLimit.objects.create(
        scope="team", org_id=team.org_id, team_id=team.id, requests_per_minute=3
    )

    (run,) = carry(given_run(*({"key": key} for key in "abcd"), allowed_models=THREE))

    calls = calls_of(run)
    assert run.status == "SUCCESS", run.failure
    assert len(calls) > 3
    assert {call.outcome for call in calls} <= {"ok", "cached"}
    assert most_at_once(run, short_minutes) <= 3
    assert run.finished_at and run.started_at
    assert run.finished_at - run.started_at > timedelta(seconds=short_minutes)
    assert not Breaker.objects.exists()
    said = Event.objects.filter(run_id=run.id, type="call.delayed")
    assert said and said[0].payload["limit"] == f"limit of team {team.id}: requests per minute"
    assert_money_adds_up(run)


def test_a_provider_without_room_is_left_to_others() -> None:
    RateLimit.objects.create(scope="provider", name="sim-openai", requests_per_minute=1)

    (run,) = carry(given_run({"key": "a"}, {"key": "b"}, allowed_models=THREE))

    assert run.status == "SUCCESS", run.failure
    assert sum(call.model == LUNA for call in calls_of(run)) <= 1
    assert not Breaker.objects.exists()


def test_a_call_that_a_limit_can_never_let_pass_is_refused_by_its_name() -> None:
    team = make_team()
    RateLimit.objects.create(scope="org", org_id=team.org_id, tokens_per_minute=10)

    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    assert (run.status, calls_of(run)) == ("SYSTEM_FAILURE", [])
    assert held_up(run) == dict.fromkeys(THREE, f"limit of org {team.org_id}: tokens per minute")


def test_tokens_that_were_not_used_are_given_back() -> None:
    team = make_team()
    RateLimit.objects.create(scope="org", org_id=team.org_id, tokens_per_day=10_000_000)

    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    used = sum((call.input_tokens or 0) + (call.output_tokens or 0) for call in calls_of(run))
    (window,) = RateWindow.objects.all()
    assert sum(amount for _, amount in window.taken["TOKENS_PER_DAY"]) == used > 0


def test_a_policy_limits_the_rate_as_well_unless_it_only_watches() -> None:
    team, now = make_team(), timezone.now()
    for name, mode in (("slow", "HARD"), ("watch", "MONITOR")):
        Policy.objects.create(
            org_id=team.org_id,
            name=name,
            version=1,
            scope="org",
            mode=mode,
            rules={"max_tokens_per_minute": 10},
            created_at=now,
            updated_at=now,
        )

    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    assert set(held_up(run).values()) == {"policy slow v1: tokens per minute"}


def test_where_no_limit_concerns_a_call_nothing_is_counted() -> None:
    RateLimit.objects.create(scope="org", org_id=make_team().org_id + 1, requests_per_minute=1)

    (run,) = carry(given_run({"key": "a"}, allowed_models=THREE))

    assert run.status == "SUCCESS", run.failure
    assert not RateWindow.objects.exists()
