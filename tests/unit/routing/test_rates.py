"""Limits of rate: no order of asking passes one in any window of time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.rates import (
    LATENESS_SECONDS,
    SECONDS,
    SLOTS,
    Measure,
    Place,
    RateLimit,
    Scope,
    Use,
    Wait,
    Window,
    correct,
    judge,
    longest,
    moment_for,
    slot_of,
    take,
)

RPM, TPM = Measure.REQUESTS_PER_MINUTE, Measure.TOKENS_PER_MINUTE
USD, TPD = Measure.NANOUSD_PER_HOUR, Measure.TOKENS_PER_DAY
CALL = Place(org_id=1, team_id=2, provider="acme", model="acme/one")
START = 1_800_000_000.0


def make_limit(caps: dict[Measure, int] | None = None, **overrides: Any) -> RateLimit:
    fields: dict[str, Any] = {"key": "k", "label": "acme", "scope": Scope.ORG}
    return RateLimit(**(fields | {"caps": caps or {RPM: 2}} | overrides))


def taken(limit: RateLimit, *uses: tuple[float, Use]) -> Window:
    window = Window()
    for at, use in uses:
        window = take(limit, window, use, START + at)
    return window


@pytest.mark.parametrize(
    ("scope", "fields", "concerned"),
    [
        (Scope.PROVIDER, {"name": "acme"}, True),
        (Scope.PROVIDER, {"name": "other"}, False),
        (Scope.MODEL, {"name": "acme/one"}, True),
        (Scope.MODEL, {"name": "acme/two"}, False),
        (Scope.MODEL, {"name": "acme/one", "org_id": 9}, False),
        (Scope.TEAM, {"org_id": 1, "team_id": 2}, True),
        (Scope.TEAM, {"org_id": 1, "team_id": 3}, False),
        (Scope.ORG, {"org_id": 1}, True),
        (Scope.ORG, {"org_id": 2}, False),
        (Scope.ORG, {}, True),
    ],
)
def test_a_limit_concerns_the_calls_it_names(
    scope: Scope, fields: dict[str, Any], concerned: bool
) -> None:
    assert make_limit(scope=scope, **fields).concerns(CALL) is concerned


@pytest.mark.parametrize(
    ("caps", "used", "asks", "wait"),
    [
        ({RPM: 2}, [], Use(9, 9), 0.0),
        ({RPM: 2}, [(0, Use(9, 9))], Use(9, 9), 0.0),
        ({RPM: 2}, [(0, Use(9, 9)), (10, Use(9, 9))], Use(9, 9), 31.0),
        ({TPM: 100}, [(0, Use(60, 0))], Use(40, 0), 0.0),
        ({TPM: 100}, [(0, Use(60, 0))], Use(41, 0), 31.0),
        ({TPM: 100}, [(0, Use(60, 0)), (20, Use(40, 0))], Use(61, 0), 51.0),
        ({TPM: 100}, [], Use(101, 0), None),
        ({USD: 500}, [(0, Use(0, 500))], Use(0, 1), 3_630.0),
        ({TPD: 100}, [(0, Use(100, 0))], Use(1, 0), 87_810.0),
        ({RPM: 1, TPM: 10}, [(0, Use(10, 0)), (20, Use(0, 0, requests=0))], Use(1, 0), 31.0),
        ({RPM: 0}, [], Use(1, 0), None),
        ({Measure.ATTEMPTS: 1}, [(0, Use(0, 0))], Use(0, 0), 885.0),
    ],
)
def test_a_call_waits_until_enough_has_passed(
    caps: dict[Measure, int], used: list[tuple[float, Use]], asks: Use, wait: float | None
) -> None:
    limit = make_limit(caps)
    said = judge(limit, taken(limit, *used), asks, START + 30)
    if wait == 0.0:
        assert said is None
    else:
        assert said is not None and said.seconds == wait


def test_a_slot_that_a_window_only_touches_counts_in_full() -> None:
    limit = make_limit({RPM: 1})
    window = taken(limit, (0.9, Use(1, 1)))
    assert judge(limit, window, Use(1, 1), START + 60.5) is not None
    assert judge(limit, window, Use(1, 1), START + 61) is None


def test_a_wait_names_the_limit_and_what_is_counted() -> None:
    limit = make_limit({TPM: 1})
    said = judge(limit, Window(), Use(2, 0), START)
    assert said == Wait(None, "acme", TPM)
    assert said.reason == "acme: tokens per minute"


def test_a_wait_without_end_outlasts_every_other() -> None:
    assert longest([Wait(5, "a", RPM), Wait(None, "b", RPM), Wait(9, "c", RPM)]) == Wait(
        None, "b", RPM
    )
    assert longest([Wait(5, "a", RPM), Wait(9, "c", RPM)]) == Wait(9, "c", RPM)
    assert longest([]) is None


def test_what_a_call_did_not_use_makes_room_again() -> None:
    limit = make_limit({RPM: 2, TPM: 100})
    window = taken(limit, (0, Use(100, 0)))
    window = correct(limit, window, Use(100, 0), Use(30, 0), START)
    assert judge(limit, window, Use(70, 0), START + 1) is None
    assert judge(limit, window, Use(71, 0), START + 1) is not None
    assert window.taken[RPM] == {slot_of(RPM, START): 1}


def test_what_a_call_used_beyond_its_bound_is_counted() -> None:
    limit = make_limit({TPM: 100})
    window = correct(limit, taken(limit, (0, Use(50, 0))), Use(50, 0), Use(90, 0), START)
    assert judge(limit, window, Use(11, 0), START + 1) is not None


def test_a_correction_leaves_what_the_call_was_not_counted_by() -> None:
    window = taken(make_limit({RPM: 9, TPM: 100}), (0, Use(50, 0)))
    corrected = correct(make_limit({RPM: 9}), window, Use(50, 0), Use(0, 0), START)
    assert corrected == window


def test_a_correction_that_comes_when_its_slot_is_gone_changes_nothing() -> None:
    limit = make_limit({TPM: 100})
    window = taken(limit, (0, Use(50, 0)), (300, Use(50, 0)))
    assert correct(limit, window, Use(50, 0), Use(0, 0), START) == window


def test_what_has_passed_is_forgotten() -> None:
    limit = make_limit({RPM: 1000})
    window = taken(limit, *((float(second), Use(1, 1)) for second in range(600)))
    assert len(window.taken[RPM]) <= SLOTS + LATENESS_SECONDS + 1


def test_a_window_survives_being_stored() -> None:
    window = taken(make_limit({RPM: 5, USD: 5}), (0, Use(1, 2)), (3, Use(1, 2)))
    assert Window.from_json(window.at, window.as_json()) == window


def test_an_ask_much_too_late_counts_as_just_late() -> None:
    window = taken(make_limit(), (100, Use(1, 1)))
    assert moment_for([Window(), window], START) == START + 100 - LATENESS_SECONDS
    assert moment_for([window], START + 98) == START + 98
    assert moment_for([], START) == START


ASKS = st.lists(
    st.tuples(
        st.floats(0, 30), st.floats(-10, 10), st.integers(0, 60), st.one_of(st.none(), st.just(0))
    ),
    max_size=60,
)


@given(st.sampled_from([RPM, TPM]), st.integers(1, 100), ASKS)
def test_no_order_of_asking_passes_a_limit_in_any_window(
    measure: Measure,
    cap: int,
    asks: list[tuple[float, float, int, int | None]],
) -> None:
    limit, window, now = make_limit({measure: cap}), Window(), START
    passed: list[tuple[float, int]] = []
    for step, skew, tokens, used in asks:
        now += step
        use = Use(tokens, 0)
        at = moment_for([window], now + skew)
        if judge(limit, window, use, at) is None:
            window = take(limit, window, use, at)
            after = use if used is None else Use(used, 0)
            window = correct(limit, window, use, after, at)
            passed.append((at, after.of(measure)))
    for start, _ in passed:
        for edge in (start, start - SECONDS[measure] + 0.001):
            inside = [n for at, n in passed if edge <= at < edge + SECONDS[measure]]
            assert sum(inside) <= cap


@given(st.integers(1, 5), st.lists(st.floats(0, 20), max_size=40))
def test_who_waits_as_long_as_told_goes_if_nobody_came_between(
    cap: int, steps: list[float]
) -> None:
    limit, window, now = make_limit({RPM: cap}), Window(), START
    for step in steps:
        now += step
        wait = judge(limit, window, Use(1, 1), now)
        if wait is not None:
            assert wait.seconds is not None
            now += wait.seconds
            assert judge(limit, window, Use(1, 1), now) is None
        window = take(limit, window, Use(1, 1), now)
