"""What removes a model from a call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from routing.core.candidates import (
    ALREADY_TRIED,
    MODEL_EXCLUDED,
    NOT_ALLOWED,
    NOT_ENOUGH_MONEY,
    POLICY,
    PROVIDER_EXCLUDED,
    UNHEALTHY,
    UNKNOWN_PRICE,
    WINDOW_TOO_SMALL,
    WRONG_TASK_TYPE,
    Demand,
    Removal,
    filter_candidates,
    first_return,
)
from tests.unit.routing.worlds import make_candidate

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
ONLY_OTHER = frozenset({"b/two"})
RULED = Removal("a/one", POLICY, "p v1: no", None, "p", 1)
UNPRICED = {"expected_cost_nanousd": None, "upper_bound_nanousd": None}

REMOVED: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({}, {"allowed": {"team": ONLY_OTHER}}, NOT_ALLOWED, "team"),
    ({}, {"allowed": {"run": ONLY_OTHER, "key": ONLY_OTHER}}, NOT_ALLOWED, "key"),
    ({}, {"allowed": {"run": frozenset()}}, NOT_ALLOWED, "run"),
    ({}, {"ruled_out": {"a/one": RULED}}, POLICY, "p v1: no"),
    ({}, {"ruled_out": {"a/one": RULED}, "tried": frozenset({"a/one"})}, POLICY, "p v1: no"),
    (
        {},
        {"ruled_out": {"a/one": RULED}, "allowed": {"team": ONLY_OTHER}},
        NOT_ALLOWED,
        "team",
    ),
    ({}, {"excluded_providers": frozenset({"a"})}, PROVIDER_EXCLUDED, "a"),
    ({}, {"tried": frozenset({"a/one"})}, ALREADY_TRIED, ""),
    ({}, {"excluded_models": frozenset({"a/one"})}, MODEL_EXCLUDED, ""),
    ({"fits_task_type": False}, {}, WRONG_TASK_TYPE, ""),
    ({"context_window": 149}, {}, WINDOW_TOO_SMALL, "needs 150 tokens, has 149"),
    ({"context_window": 900}, {"larger_than": 900}, WINDOW_TOO_SMALL, "needs more than 900 tokens"),
    (UNPRICED, {}, UNKNOWN_PRICE, ""),
    ({}, {"free_nanousd": 4_999_999}, NOT_ENOUGH_MONEY, "may cost 5000000 nano-dollars, 4999999 "),
    (
        UNPRICED,
        {"unknown_price_allowed": True, "free_nanousd": -1},
        NOT_ENOUGH_MONEY,
        "may cost 0 nano-dollars, -1 are left",
    ),
    ({"healthy": False}, {}, UNHEALTHY, ""),
    ({"healthy": False, "retry_at": LATER}, {}, UNHEALTHY, f"not before {LATER.isoformat()}"),
]
KEPT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({}, {"allowed": {"team": frozenset({"a/one"}), "run": frozenset({"a/one"})}}),
    ({}, {"excluded_providers": frozenset({"b"}), "tried": frozenset({"a/two"})}),
    ({"context_window": 150}, {}),
    ({"context_window": 901}, {"larger_than": 900}),
    (UNPRICED, {"unknown_price_allowed": True}),
    (UNPRICED, {"unknown_price_allowed": True, "free_nanousd": 0}),
    ({}, {"free_nanousd": 5_000_000}),
    ({"probe": True, "retry_at": NOW}, {}),
]


def demand(**overrides: Any) -> Demand:
    return Demand(**({"input_tokens": 50} | overrides))


@pytest.mark.parametrize(("candidate", "asked", "reason", "detail"), REMOVED)
def test_a_candidate_is_removed_with_its_reason(
    candidate: dict[str, Any], asked: dict[str, Any], reason: str, detail: str
) -> None:
    one = make_candidate(max_output_tokens=100, **candidate)
    kept, removed = filter_candidates([one], demand(**asked))
    assert kept == ()
    assert (removed[0].model, removed[0].reason) == ("a/one", reason)
    assert removed[0].detail.startswith(detail)


@pytest.mark.parametrize(("candidate", "asked"), KEPT)
def test_a_candidate_that_nothing_speaks_against_is_kept(
    candidate: dict[str, Any], asked: dict[str, Any]
) -> None:
    one = make_candidate(max_output_tokens=100, **candidate)
    assert filter_candidates([one], demand(**asked)) == ((one,), ())


def test_what_waiting_cannot_cure_is_named_before_health() -> None:
    one = make_candidate(healthy=False, retry_at=LATER)
    _, removed = filter_candidates([one], demand(free_nanousd=0))
    assert removed[0].reason == NOT_ENOUGH_MONEY
    assert removed[0].retry_at is None


def test_the_first_return_is_the_soonest_of_the_unhealthy() -> None:
    times = [LATER, NOW, None]
    candidates = [make_candidate(f"a/{at}", healthy=False, retry_at=at) for at in times]
    _, removed = filter_candidates(candidates, demand())
    assert first_return(removed) == NOW
    assert first_return(removed[2:]) is None
    assert first_return(()) is None


def test_a_removal_is_plain_data() -> None:
    expected = {"model": "m", "reason": "unhealthy", "detail": "d", "retry_at": NOW.isoformat()}
    assert Removal("m", "unhealthy", "d", NOW).as_json() == expected
    assert Removal("m", "unhealthy").as_json()["retry_at"] is None
