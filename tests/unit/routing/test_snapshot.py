"""Candidates made from what routing knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from routing.core.breaker import HEALTHY, OPEN, PERMANENT, BreakerState, observe
from routing.core.candidates import Candidate
from routing.core.pricing import flat_prices
from routing.core.quality import Profile
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


def test_the_profile_of_model_and_task_type_is_used() -> None:
    profile = Profile(n=10, score_sum=9.0, score_sumsq=8.2, cost_sum_nanousd=50, latency_sum_ms=70)
    taken = snapshot(profiles={("a/one", "summarization"): profile})
    seen, unseen = candidate(taken), candidate(taken, task_type="evaluation")
    assert (seen.estimate.n, seen.latency_ms) == (10, 7.0)
    assert (unseen.estimate.n, unseen.latency_ms) == (0, None)
    assert seen.expected_cost_nanousd is not None
    assert unseen.expected_cost_nanousd is not None
    assert seen.expected_cost_nanousd < unseen.expected_cost_nanousd


def test_the_expected_cost_never_exceeds_the_bound() -> None:
    profile = Profile(n=10, score_sum=9.0, score_sumsq=8.2, cost_sum_nanousd=10**12)
    one = candidate(snapshot(profiles={("a/one", "summarization"): profile}))
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
