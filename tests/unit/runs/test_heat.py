from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.heat import (
    FEW,
    SHADES,
    Figure,
    Metric,
    best,
    figure,
    moved,
    scale,
    shade,
)
from telemetry.core.histogram import Histogram, cell_of
from telemetry.core.totals import Totals


def latencies(*values: int) -> Histogram:
    return Histogram(sum(cell_of(value) for value in values))


@pytest.mark.parametrize("metric", list(Metric))
def test_nothing_observed_is_none_and_never_zero(metric: Metric):
    assert figure(metric, Totals()) is None


def test_quality_is_the_mean_score_with_its_interval():
    found = figure(
        Metric.QUALITY, Totals(score_n=2, score_sum_e4=16_000, score_sumsq_e8=2 * 8000**2)
    )
    assert found == Figure(0.8, 2, 0.8, 0.8)


def test_cost_is_that_of_an_accepted_task_and_none_where_none_was():
    spent = Totals(attempts=5, accepted=2, attempt_cost_nanousd=1_001)
    assert figure(Metric.COST, spent) == Figure(501, 2)
    assert figure(Metric.COST, Totals(attempts=5, attempt_cost_nanousd=9)) is None


def test_success_has_an_interval_that_never_leaves_the_unit():
    all_good = figure(Metric.SUCCESS, Totals(attempts=10, accepted=10))
    assert all_good is not None
    assert all_good.value == 1.0
    assert all_good.high == pytest.approx(1.0)
    assert all_good.low == pytest.approx(0.722, abs=0.001)
    none = figure(Metric.SUCCESS, Totals(attempts=10))
    assert none is not None
    assert (none.value, none.low) == (0.0, 0.0)


def test_latency_is_the_median_with_an_interval_of_ranks():
    found = figure(Metric.LATENCY, Totals(latency=latencies(*range(100, 200))))
    assert found is not None
    assert found.n == 100
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(150, rel=0.05)


def test_latency_of_few_calls_has_no_interval():
    found = figure(Metric.LATENCY, Totals(latency=latencies(100, 100)))
    assert found is not None
    assert (found.n, found.low) == (2, None)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (Figure(0.9, 40, 0.88, 0.92), Figure(0.8, 40, 0.78, 0.82), True),
        (Figure(0.7, 40, 0.68, 0.72), Figure(0.8, 40, 0.78, 0.82), True),
        (Figure(0.82, 40, 0.79, 0.85), Figure(0.8, 40, 0.78, 0.82), False),
        (Figure(0.9, FEW - 1, 0.88, 0.92), Figure(0.8, 40, 0.78, 0.82), False),
        (Figure(0.9, 40, 0.88, 0.92), Figure(0.1, FEW - 1, 0.0, 0.2), False),
        (Figure(0.9, 40, 0.88, 0.92), None, False),
        (Figure(130, 40), Figure(100, 40), True),
        (Figure(110, 40), Figure(100, 40), False),
    ],
)
def test_a_figure_has_moved_when_chance_does_not_explain_it(now, before, expected):
    assert moved(now, before) is expected


def test_the_best_is_the_highest_quality_and_the_lowest_price_of_those_with_enough_behind_them():
    low, high, thin = Figure(1, 50), Figure(2, 50), Figure(3, 2)
    assert best(Metric.QUALITY, [low, high, thin]) == high
    assert best(Metric.COST, [low, high]) == low
    assert best(Metric.QUALITY, [low, thin]) is None


def test_the_scale_ends_at_round_values():
    figures = [Figure(0.71, 1), Figure(0.93, 1)]
    assert scale(Metric.QUALITY, figures) == pytest.approx((0.70, 0.95))
    assert scale(Metric.COST, figures) == (0.71, 0.93)
    assert scale(Metric.QUALITY, []) == (0.0, 1.0)


def test_equal_values_are_all_the_brightest():
    ends = scale(Metric.QUALITY, [Figure(1.0, 1)])
    assert shade(Metric.QUALITY, 1.0, ends) == SHADES - 1
    assert shade(Metric.COST, 5.0, (5.0, 5.0)) == SHADES - 1


def test_the_best_is_the_brightest_and_money_goes_by_ratio():
    assert shade(Metric.QUALITY, 0.95, (0.7, 0.95)) == SHADES - 1
    assert shade(Metric.QUALITY, 0.7, (0.7, 0.95)) == 0
    assert shade(Metric.COST, 100, (100, 10_000)) == SHADES - 1
    assert shade(Metric.COST, 10_000, (100, 10_000)) == 0
    assert shade(Metric.COST, 1_000, (100, 10_000)) == SHADES // 2


@given(
    st.sampled_from(list(Metric)),
    st.lists(st.floats(0, 1e12), min_size=1, max_size=8),
)
def test_every_value_has_a_shade(metric: Metric, values: list[float]):
    figures = [Figure(value, 1) for value in values]
    ends = scale(metric, figures)
    assert all(0 <= shade(metric, value, ends) < SHADES for value in values)
