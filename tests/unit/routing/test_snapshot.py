"""Candidates made from what routing knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from routing.core.beliefs import Beliefs, believe
from routing.core.breaker import HEALTHY, OPEN, PERMANENT, BreakerState, observe
from routing.core.candidates import Candidate
from routing.core.levels import Evidence
from routing.core.pricing import flat_prices
from routing.core.quality import NOTHING_SEEN, Observation, Profile
from routing.core.quality import observe as seen
from routing.core.snapshot import RoutingSnapshot, candidates_for, output_limit
from tests.unit.routing.worlds import make_provider, make_request, make_spec

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PRICES = flat_prices(Decimal(1), Decimal(4))


def snapshot(**overrides: Any) -> RoutingSnapshot:
    fields: dict[str, Any] = {
        "taken_at": NOW,
        "models": {"a/one": make_spec("a/one")},
        "providers": {"a": make_provider("a")},
        "prices": {"a/one": PRICES},
    }
    return RoutingSnapshot(**(fields | overrides))


def candidate(taken: RoutingSnapshot, **request: Any) -> Candidate:
    (only,) = candidates_for(taken, make_request(**request), 500, NOW)
    return only


def test_prices_hold_until_the_next_one_begins_or_ends() -> None:
    assert snapshot().prices_hold(NOW)
    dated = snapshot(prices_until=NOW)
    assert dated.prices_hold(NOW - timedelta(seconds=1)) and not dated.prices_hold(NOW)


def test_the_bound_is_counted_input_and_the_calls_own_output_limit() -> None:
    one = candidate(snapshot(), max_output_tokens=1000)
    assert one.upper_bound_nanousd == 500 * 1000 + 1000 * 4000
    assert one.expected_cost_nanousd == 500 * 1000 + 300 * 4000
    assert one.max_output_tokens == 1000


def test_a_model_is_never_asked_for_more_than_it_can_produce() -> None:
    one = candidate(snapshot(), max_output_tokens=50_000)
    assert one.max_output_tokens == output_limit(make_spec(), make_request()) * 8 == 8000
    assert one.upper_bound_nanousd == 500 * 1000 + 8000 * 4000


def test_an_unknown_price_leaves_the_costs_unknown() -> None:
    one = candidate(snapshot(prices={"a/one": None}))
    assert (one.expected_cost_nanousd, one.upper_bound_nanousd) == (None, None)
    assert snapshot(prices={}).prices_of("a/one") is None


def beliefs(scores: int, cost: int) -> Beliefs:
    profile: Profile = NOTHING_SEEN
    for _ in range(scores):
        profile = seen(profile, Observation(NOW, 0.9, 1.0, cost, 500, 7))
    evidence = Evidence(org={("a/one", "summarization"): profile})
    return believe(evidence, {"a/one": "standard"}, NOW)


def test_what_is_believed_of_model_and_task_type_is_used() -> None:
    taken = snapshot(beliefs=beliefs(10, 50))
    here, elsewhere = candidate(taken), candidate(taken, task_type="evaluation")
    assert here.estimate.n == 10
    assert here.latency_ms == pytest.approx(7.0)
    assert elsewhere.estimate.n == 0
    assert here.expected_cost_nanousd is not None
    assert elsewhere.expected_cost_nanousd is not None
    assert here.expected_cost_nanousd < elsewhere.expected_cost_nanousd


def test_the_expected_cost_never_exceeds_the_bound() -> None:
    one = candidate(snapshot(beliefs=beliefs(10, 10**12)))
    assert one.expected_cost_nanousd == one.upper_bound_nanousd


def test_health_comes_from_the_breaker() -> None:
    opened = observe(HEALTHY, PERMANENT, "gone", NOW)
    due = BreakerState(state=OPEN, opened_at=NOW, retry_at=NOW - timedelta(seconds=1))
    healthy = candidate(snapshot())
    removed = candidate(snapshot(breakers={"a/one": opened}))
    probe = candidate(snapshot(breakers={"a/one": due}))
    assert (healthy.healthy, healthy.probe) == (True, False)
    assert (removed.healthy, removed.probe) == (False, False)
    assert removed.retry_at == NOW + timedelta(days=1)
    assert (probe.healthy, probe.probe) == (True, True)


def test_a_model_made_for_other_tasks_is_said_not_to_fit() -> None:
    models = {"a/one": make_spec("a/one", task_types=frozenset({"evaluation"}))}
    assert not candidate(snapshot(models=models)).fits_task_type
    assert candidate(snapshot(models=models), task_type="evaluation").fits_task_type


def test_candidates_come_in_order_of_name() -> None:
    models = {name: make_spec(name) for name in ("a/two", "a/one")}
    taken = snapshot(models=models, prices={})
    found = candidates_for(taken, make_request(), 1, NOW)
    assert [one.model for one in found] == ["a/one", "a/two"]
    assert taken.provider_of("a/two").name == "a"
