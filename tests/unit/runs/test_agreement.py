"""How judges agree with people, and when that is not said."""

from __future__ import annotations

import pytest

from runs.core.agreement import agreement


def test_nobody_was_asked():
    assert agreement([]) is None


def test_few_pairs_have_neither_interval_nor_correlation():
    found = agreement([(0.9, 0.7), (0.8, 0.8)])
    assert found is not None
    assert found.difference.value == pytest.approx(0.1)
    assert (found.difference.low, found.correlation) == (None, None)


def test_judges_that_follow_people_correlate():
    pairs = [(0.5 + place / 50, 0.4 + place / 50 + (place % 3) / 100) for place in range(20)]
    found = agreement(pairs)
    assert found is not None
    assert found.n == 20
    assert found.difference.low < found.difference.value < found.difference.high  # type: ignore[operator]
    assert found.correlation is not None
    assert found.correlation.low is not None
    assert 0.9 < found.correlation.low < found.correlation.value <= 1.0


@pytest.mark.parametrize("pairs", [[(0.9, 0.1 * (n % 5)) for n in range(12)],
                                   [(0.1 * (n % 5), 1.0) for n in range(12)]])  # fmt: skip
def test_what_never_varies_has_no_correlation(pairs: list[tuple[float, float]]):
    found = agreement(pairs)
    assert found is not None
    assert found.correlation is None


def test_a_perfect_line_is_not_more_than_certain():
    found = agreement([(n / 20, n / 20) for n in range(15)])
    assert found is not None
    assert found.correlation is not None
    assert found.correlation.high is not None
    assert found.correlation.high <= 1.0
