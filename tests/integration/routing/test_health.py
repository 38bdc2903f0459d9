"""Breakers as all workers share them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from routing.core.breaker import CLOSED, HALF_OPEN, OPEN
from routing.models import Breaker, Decision
from routing.models.decision import HOUSE
from routing.selectors.snapshot import open_breakers
from routing.services.breaker_log import BY_ITSELF
from routing.services.health import ClearBreaker, ObserveOutcome, TakeProbe
from telemetry.models import Event
from telemetry.services.journal import apply_now

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MODEL = "sim/gpt-6-luna"


def outcome(kind: str, model: str = MODEL, seconds: float = 0) -> ObserveOutcome:
    return ObserveOutcome(model, kind, f"because {kind}", NOW + timedelta(seconds=seconds))


def opened(model: str = MODEL) -> Breaker:
    apply_now(*[outcome("transient", model)] * 3)
    return Breaker.objects.get(model=model)


@pytest.mark.django_db
def test_three_strikes_in_one_batch_open_and_only_the_third_says_so() -> None:
    results = apply_now(*[outcome("transient")] * 3)
    assert [result and result.state for result in results] == [None, None, OPEN]
    breaker = Breaker.objects.get()
    assert (breaker.state, breaker.strikes, breaker.reason) == (OPEN, 3, "because transient")
    assert breaker.retry_at == NOW + timedelta(seconds=30)


@pytest.mark.django_db
def test_strikes_of_three_batches_add_up() -> None:
    for _ in range(3):
        apply_now(outcome("transient"))
    assert Breaker.objects.get().state == OPEN


@pytest.mark.django_db
def test_each_change_of_state_is_one_event_of_the_whole_house() -> None:
    opened()
    apply_now(TakeProbe(MODEL, NOW + timedelta(seconds=31)))
    apply_now(outcome("ok", seconds=32))
    events = Event.objects.order_by("seq")
    assert [event.type for event in events] == ["breaker.changed"] * 3
    assert [event.payload["to"] for event in events] == [OPEN, HALF_OPEN, CLOSED]
    assert [event.payload["from"] for event in events] == [CLOSED, OPEN, HALF_OPEN]
    assert {event.payload["model"] for event in events} == {MODEL}
    assert events[0].org_id is None
    assert events[0].payload["reason"] == "because transient"


@pytest.mark.django_db
def test_each_change_of_state_is_a_line_of_the_houses_audit_log() -> None:
    opened()
    apply_now(outcome("transient"), TakeProbe(MODEL, NOW + timedelta(seconds=31)))
    apply_now(ClearBreaker(MODEL, "ada", NOW + timedelta(seconds=32)))

    lines = list(Decision.objects.order_by("position"))
    assert {(one.org_id, one.kind, one.model) for one in lines} == {(HOUSE, "change", MODEL)}
    states = [(one.inputs["before"]["state"], one.inputs["after"]["state"]) for one in lines]
    assert states == [(CLOSED, OPEN), (OPEN, HALF_OPEN), (HALF_OPEN, CLOSED)]
    assert [one.actor for one in lines] == [BY_ITSELF, BY_ITSELF, "ada"]
    assert "because transient" in lines[0].reason
    call_command("verify_audit")


@pytest.mark.django_db
def test_a_success_resets_the_strikes_without_an_event() -> None:
    apply_now(outcome("transient"), outcome("transient"))
    assert apply_now(outcome("ok")) == (None,)
    assert Breaker.objects.get().strikes == 0
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_order_within_a_batch_decides() -> None:
    apply_now(outcome("transient"), outcome("transient"), outcome("ok"), outcome("transient"))
    assert Breaker.objects.get().strikes == 1


@pytest.mark.django_db
def test_successes_of_healthy_models_cost_one_query_and_write_nothing() -> None:
    apply_now(outcome("transient"), outcome("ok"))
    batch = [outcome("ok"), outcome("ok", "b"), outcome("ok", "c")]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ObserveOutcome.apply(batch)
    assert len(queries) == 1
    assert Breaker.objects.count() == 1


@pytest.mark.django_db
def test_breakers_of_other_models_are_left_alone() -> None:
    opened("a")
    apply_now(outcome("ok", "b"), outcome("transient", "c"))
    assert set(open_breakers()) == {"a"}


@pytest.mark.django_db
def test_only_one_of_a_batch_takes_the_probe() -> None:
    opened()
    at = NOW + timedelta(seconds=30)
    assert apply_now(TakeProbe(MODEL, at), TakeProbe(MODEL, at)) == (True, False)
    assert open_breakers()[MODEL].state == HALF_OPEN


@pytest.mark.django_db
def test_no_probe_is_let_through_before_the_cooldown_ends() -> None:
    opened()
    assert apply_now(TakeProbe(MODEL, NOW + timedelta(seconds=29))) == (False,)
    assert Breaker.objects.get().state == OPEN


@pytest.mark.django_db
def test_a_model_that_is_closed_or_unknown_needs_no_probe() -> None:
    apply_now(outcome("transient"))
    assert apply_now(TakeProbe(MODEL, NOW), TakeProbe("never/seen", NOW)) == (True, True)
    assert Breaker.objects.get().state == CLOSED


@pytest.mark.django_db
def test_a_failed_probe_opens_again_for_twice_as_long() -> None:
    opened()
    apply_now(TakeProbe(MODEL, NOW + timedelta(seconds=30)))
    (changed,) = apply_now(outcome("transient", seconds=31))
    assert (changed.state, changed.cooldown_seconds) == (OPEN, 60)
    assert open_breakers()[MODEL] == changed


@pytest.mark.django_db
def test_a_permanent_failure_stays_until_an_operator_clears_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    apply_now(outcome("permanent"), outcome("ok"))
    assert Breaker.objects.get().permanent
    call_command("clear_breaker", MODEL)
    assert "cleared" in capsys.readouterr().out
    assert open_breakers() == {}
    assert "cleared by" in Event.objects.latest("seq").payload["reason"]
    call_command("clear_breaker", MODEL)
    assert "nothing to clear" in capsys.readouterr().out


@pytest.mark.django_db
def test_clearing_a_model_nobody_knows_is_an_error() -> None:
    with pytest.raises(CommandError, match="no breaker"):
        call_command("clear_breaker", "typo")
    assert apply_now(ClearBreaker("typo", "me", NOW)) == (False,)
    assert not Breaker.objects.exists()


@pytest.mark.django_db
def test_a_reason_of_any_length_is_cut_and_kept() -> None:
    apply_now(ObserveOutcome(MODEL, "permanent", "x" * 10_000, NOW))
    assert Breaker.objects.get().reason == "x" * 500
    assert Event.objects.get().payload["reason"] == "x" * 500


@pytest.mark.django_db(transaction=True)
def test_of_workers_racing_for_the_probe_exactly_one_gets_it() -> None:
    opened()
    answers: list[bool] = []
    start = threading.Barrier(4)

    def race() -> None:
        start.wait()
        try:
            answers.extend(apply_now(TakeProbe(MODEL, NOW + timedelta(seconds=30))))
        finally:
            connection.close()

    workers = [threading.Thread(target=race) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(answers) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_strikes_of_workers_at_the_same_moment_are_all_counted() -> None:
    start = threading.Barrier(3)

    def strike() -> None:
        start.wait()
        try:
            apply_now(outcome("transient"))
        finally:
            connection.close()

    workers = [threading.Thread(target=strike) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Breaker.objects.get().state == OPEN
    assert Event.objects.count() == 1
