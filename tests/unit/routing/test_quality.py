"""Beliefs about quality, cost and latency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.catalog import TIERS
from routing.core.quality import (
    NOTHING_SEEN,
    Profile,
    estimate,
    expected_cost,
    mean_latency_ms,
    merge,
    observe,
)

SCORES = st.lists(st.floats(0, 1), max_size=200)


def seen(*scores: float, cost: int = 100, latency: int = 10) -> Profile:
    profile = NOTHING_SEEN
    for score in scores:
        profile = observe(profile, score, cost, latency)
    return profile


def test_a_better_tier_starts_with_a_better_belief() -> None:
    means = [estimate(tier).mean for tier in TIERS]
    assert means == sorted(means)
    assert len(set(means)) == 3


@given(st.sampled_from(TIERS), SCORES)
def test_no_belief_is_ever_certain(tier: str, scores: list[float]) -> None:
    belief = estimate(tier, seen(*scores))
    assert 0 < belief.mean < 1
    assert belief.sd > 0
    assert belief.spread > 0
    assert belief.n == len(scores)


def test_scores_outweigh_the_prior_and_narrow_the_belief() -> None:
    beliefs = [estimate("premium", seen(*[0.2] * n)) for n in (0, 4, 100)]
    assert beliefs[0].mean == pytest.approx(0.82)
    assert beliefs[1].mean == pytest.approx(0.51)
    assert beliefs[2].mean == pytest.approx(0.2, abs=0.03)
    assert beliefs[2].sd < beliefs[0].sd


def test_scores_that_differ_widen_the_spread() -> None:
    steady = estimate("standard", seen(*[0.75] * 20))
    wild = estimate("standard", seen(*[0.5, 1.0] * 10))
    assert wild.mean == pytest.approx(steady.mean)
    assert wild.spread > 2 * steady.spread


@given(SCORES, SCORES)
def test_merging_profiles_is_the_same_as_observing_all(
    first: list[float], second: list[float]
) -> None:
    merged, whole = merge(seen(*first), seen(*second)), seen(*first, *second)
    assert merged.n == whole.n
    assert merged.score_sum == pytest.approx(whole.score_sum)
    assert merged.score_sumsq == pytest.approx(whole.score_sumsq)
    assert merged.cost_sum_nanousd == whole.cost_sum_nanousd
    assert merged.latency_sum_ms == whole.latency_sum_ms


def test_the_expected_cost_moves_from_the_list_price_to_what_calls_cost() -> None:
    assert expected_cost(1000) == 1000
    assert expected_cost(1000, seen(*[1.0] * 4, cost=200)) == 600
    assert expected_cost(1000, seen(*[1.0] * 996, cost=200)) == 203


def test_latency_is_unknown_until_it_was_seen() -> None:
    assert mean_latency_ms(NOTHING_SEEN) is None
    assert mean_latency_ms(observe(seen(0.5, latency=10), 0.5, 0, 20)) == 15.0
