"""A test that may be looked at after every result."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.core.trial import differences_of, is_worse, judge

CURRENT, PROPOSED = "current", "proposed"


def drawn(mean: float, count: int, seed: int = 1) -> list[float]:
    draws = random.Random(seed)
    return [max(-1.0, min(1.0, draws.gauss(mean, 0.1))) for _ in range(count)]


def test_nothing_compared_is_nothing_known():
    verdict = judge([])
    assert (verdict.n, verdict.mean, verdict.is_worse, verdict.holds) == (0, None, False, False)
    assert [verdict.low, verdict.high] == pytest.approx([-1, 1])


def test_a_drop_is_told_soon_and_what_is_as_good_in_the_end():
    assert is_worse(drawn(-0.3, 40)) and not is_worse(drawn(-0.3, 3))
    equal = judge(drawn(0.0, 600))
    assert equal.holds and not equal.is_worse
    assert equal.low < 0.0 < equal.high


def test_certainty_is_a_capital_of_twenty_and_not_less():
    assert not is_worse([-1.0] * 7) and is_worse([-1.0] * 8)


def test_the_interval_narrows_and_says_the_same_as_the_verdict():
    few, many = judge(drawn(-0.1, 20)), judge(drawn(-0.1, 300))
    assert many.high - many.low < few.high - few.low
    assert many.is_worse and many.high <= -0.02


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_the_bounds_hold_the_mean_and_mirror_each_other(differences: list[float]):
    verdict, mirrored = judge(differences), judge([-one for one in differences])
    assert verdict.mean is not None and verdict.low <= verdict.mean <= verdict.high
    assert mirrored.low == pytest.approx(-verdict.high, abs=1e-5)
    assert not (verdict.is_worse and verdict.holds)


def test_differences_wait_for_both_arms_and_take_the_means_of_what_came():
    results = [(CURRENT, 0.9), (CURRENT, 0.7), (PROPOSED, 0.6), (PROPOSED, 0.5), (CURRENT, 0.9)]
    assert list(differences_of(results)) == [pytest.approx(-0.2), pytest.approx(-0.4)]
    assert list(differences_of([(CURRENT, 0.5)])) == []
