"""The breaker's state machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.breaker import (
    CLOSED,
    HALF_OPEN,
    HEALTHY,
    INCONCLUSIVE,
    MAX_COOLDOWN_SECONDS,
    OK,
    OPEN,
    PERMANENT,
    TRANSIENT,
    BreakerState,
    admits,
    available_at,
    may_probe,
    observe,
    take_probe,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def after(*outcomes: str, start: BreakerState = HEALTHY, at: datetime = NOW) -> BreakerState:
    for outcome in outcomes:
        start = observe(start, outcome, f"because {outcome}", at)
    return start


def seconds(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


def probing(breaker: BreakerState, at: datetime) -> BreakerState:
    taken = take_probe(breaker, at)
    assert taken is not None
    return taken


@pytest.mark.parametrize(
    ("outcomes", "state", "strikes"),
    [
        ((), CLOSED, 0),
        ((TRANSIENT,), CLOSED, 1),
        ((TRANSIENT, TRANSIENT), CLOSED, 2),
        ((TRANSIENT, TRANSIENT, TRANSIENT), OPEN, 3),
        ((TRANSIENT, TRANSIENT, OK, TRANSIENT, TRANSIENT), CLOSED, 2),
        ((TRANSIENT, TRANSIENT, INCONCLUSIVE, TRANSIENT), OPEN, 3),
        ((TRANSIENT, TRANSIENT, TRANSIENT, TRANSIENT), OPEN, 3),
        ((TRANSIENT, TRANSIENT, TRANSIENT, OK), OPEN, 3),
        ((PERMANENT,), OPEN, 0),
        ((PERMANENT, OK), OPEN, 0),
        ((TRANSIENT, PERMANENT), OPEN, 1),
        ((OK, INCONCLUSIVE), CLOSED, 0),
    ],
)
def test_outcomes_in_a_row_lead_to_a_state(
    outcomes: tuple[str, ...], state: str, strikes: int
) -> None:
    breaker = after(*outcomes)
    assert (breaker.state, breaker.strikes) == (state, strikes)


def test_three_strikes_open_for_thirty_seconds_with_the_last_reason() -> None:
    breaker = after(TRANSIENT, TRANSIENT, TRANSIENT)
    assert breaker.opened_at == NOW
    assert breaker.retry_at == seconds(30)
    assert (breaker.reason, breaker.permanent) == ("because transient", False)


@pytest.mark.parametrize(("at", "let_through"), [(29.9, False), (30, True), (31, True)])
def test_an_open_breaker_lets_a_probe_through_after_its_cooldown(
    at: float, let_through: bool
) -> None:
    breaker = after(TRANSIENT, TRANSIENT, TRANSIENT)
    assert may_probe(breaker, seconds(at)) is let_through
    assert admits(breaker, seconds(at)) is let_through
    assert (take_probe(breaker, seconds(at)) is not None) is let_through


def test_only_one_probe_is_let_through() -> None:
    breaker = probing(after(TRANSIENT, TRANSIENT, TRANSIENT), seconds(30))
    assert breaker.state == HALF_OPEN
    assert take_probe(breaker, seconds(31)) is None
    assert not admits(breaker, seconds(31))
    assert available_at(breaker) == breaker.probe_started_at, "it may be back at any moment"


def test_a_probe_that_died_with_its_worker_is_replaced() -> None:
    breaker = probing(after(TRANSIENT, TRANSIENT, TRANSIENT), seconds(30))
    assert not may_probe(breaker, seconds(329))
    assert probing(breaker, seconds(330)).probe_started_at == seconds(330)


def test_a_half_open_breaker_that_lost_its_probe_time_lets_a_probe_through() -> None:
    breaker = replace(after(TRANSIENT, TRANSIENT, TRANSIENT), state=HALF_OPEN)
    assert may_probe(breaker, NOW)
    assert available_at(breaker) == seconds(30)


def test_a_successful_probe_closes_and_forgets() -> None:
    breaker = probing(after(TRANSIENT, TRANSIENT, TRANSIENT), seconds(30))
    assert after(OK, start=breaker) == HEALTHY


def test_failed_probes_double_the_cooldown_up_to_fifteen_minutes() -> None:
    breaker, at, cooldowns = after(TRANSIENT, TRANSIENT, TRANSIENT), NOW, []
    for _ in range(7):
        assert breaker.retry_at is not None
        at = breaker.retry_at
        breaker = after(TRANSIENT, start=probing(breaker, at), at=at)
        cooldowns.append(breaker.cooldown_seconds)
        assert breaker.retry_at == at + timedelta(seconds=breaker.cooldown_seconds)
    assert cooldowns == [60, 120, 240, 480, 900, 900, 900]


def test_the_cooldown_starts_over_after_a_success() -> None:
    breaker = after(TRANSIENT, start=probing(after(*[TRANSIENT] * 3), seconds(30)))
    assert breaker.strikes == 4
    closed = after(OK, start=probing(breaker, seconds(999)))
    assert after(*[TRANSIENT] * 3, start=closed).cooldown_seconds == 30


def test_an_inconclusive_probe_is_given_back_at_once() -> None:
    opened = after(TRANSIENT, TRANSIENT, TRANSIENT)
    breaker = after(INCONCLUSIVE, start=probing(opened, seconds(30)), at=seconds(31))
    assert breaker == replace(opened, retry_at=seconds(31))
    assert may_probe(breaker, seconds(31))


def test_a_permanent_failure_waits_for_the_daily_probe() -> None:
    breaker = after(PERMANENT)
    assert (breaker.permanent, breaker.reason) == (True, "because permanent")
    assert available_at(breaker) == NOW + timedelta(days=1)
    assert not admits(breaker, NOW + timedelta(hours=23))
    assert after(OK, start=probing(breaker, NOW + timedelta(days=1))) == HEALTHY


def test_a_late_permanent_failure_does_not_put_the_daily_probe_off() -> None:
    assert after(PERMANENT, start=after(PERMANENT), at=seconds(500)) == after(PERMANENT)


def test_a_permanent_failure_of_the_daily_probe_waits_another_day() -> None:
    tomorrow = NOW + timedelta(days=1)
    breaker = after(PERMANENT, start=probing(after(PERMANENT), tomorrow), at=tomorrow)
    assert breaker.retry_at == NOW + timedelta(days=2)
    assert breaker.opened_at == tomorrow


def test_a_transient_failure_of_the_daily_probe_leaves_it_permanent() -> None:
    tomorrow = NOW + timedelta(days=1)
    breaker = after(TRANSIENT, start=probing(after(PERMANENT), tomorrow), at=tomorrow)
    assert (breaker.state, breaker.permanent) == (OPEN, True)
    assert breaker.retry_at == tomorrow + timedelta(seconds=MAX_COOLDOWN_SECONDS)


def test_an_operator_clears_any_breaker_by_making_it_healthy() -> None:
    assert admits(HEALTHY, NOW)
    assert available_at(HEALTHY) is None
    assert take_probe(HEALTHY, NOW) is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from([OK, TRANSIENT, PERMANENT, INCONCLUSIVE, "probe"]), st.integers(0, 2000)
    )
)


@given(STEPS)
def test_the_states_keep_their_invariant_and_never_lock_a_model_out(
    steps: list[tuple[str, int]],
) -> None:
    breaker, at = HEALTHY, NOW
    for step, pause in steps:
        at += timedelta(seconds=pause)
        if step == "probe":
            breaker = take_probe(breaker, at) or breaker
        else:
            breaker = observe(breaker, step, "why", at)
        if breaker.state == CLOSED:
            assert breaker.strikes < 3
            assert breaker.retry_at is None
        else:
            assert breaker.opened_at is not None
            assert breaker.retry_at is not None
        assert (breaker.state == HALF_OPEN) is (breaker.probe_started_at is not None)
        assert admits(breaker, at + timedelta(days=1))
