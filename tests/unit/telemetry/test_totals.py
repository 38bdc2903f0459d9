"""What figures say: means with intervals, ratios, and what is unknown."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.core.histogram import Histogram, cell_of
from telemetry.core.totals import Totals, interval_of_scores


def sums(scores: list[float]) -> tuple[int, int, int]:
    units = [round(score * 10_000) for score in scores]
    return len(units), sum(units), sum(unit * unit for unit in units)


def test_the_interval_is_student_s_and_stays_within_zero_and_one() -> None:
    scores = [0.9, 0.8, 0.85, 0.95, 0.7]
    found = interval_of_scores(*sums(scores))
    half = 2.776 * statistics.stdev(scores) / 5**0.5

    assert found is not None
    assert found.mean == pytest.approx(0.84)
    assert (found.low, found.high) == pytest.approx((0.84 - half, 0.84 + half))
    wide = interval_of_scores(*sums([0.0, 1.0]))
    assert wide is not None
    assert (wide.low, wide.high) == (0.0, 1.0)


def test_many_scores_use_the_normal_distribution() -> None:
    scores = [0.4, 0.6] * 50
    found = interval_of_scores(*sums(scores))

    assert found is not None
    assert found.high == pytest.approx(0.5 + 1.96 * statistics.stdev(scores) / 10)


def test_no_score_has_no_mean_and_one_has_no_interval() -> None:
    assert interval_of_scores(0, 0, 0) is None
    one = interval_of_scores(*sums([0.7]))
    assert one is not None
    assert (one.mean, one.n, one.low, one.high) == (0.7, 1, None, None)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=60))
def test_the_interval_holds_the_mean(scores: list[float]) -> None:
    found = interval_of_scores(*sums(scores))

    assert found is not None
    assert found.low is not None and found.high is not None
    assert found.low <= found.mean <= found.high


def test_totals_add_up_column_by_column() -> None:
    one = Totals(calls=2, errors_us=1, cost_nanousd=5, latency=Histogram(cell_of(10)))
    other = Totals(calls=1, errors_provider=1, score_n=1, latency=Histogram(cell_of(20)))

    both = one + other

    assert (both.calls, both.errors, both.cost_nanousd, both.score_n) == (3, 2, 5, 1)
    assert both.latency.count == 2
    assert both.error_ratio == pytest.approx(2 / 3)


def test_costs_are_unknown_only_where_no_call_has_a_price() -> None:
    assert Totals(calls=2, unpriced_calls=2).known_cost_nanousd is None
    assert Totals(calls=2, unpriced_calls=1, cost_nanousd=7).known_cost_nanousd == 7
    assert Totals().known_cost_nanousd == 0


def test_an_accepted_task_costs_what_all_attempts_took_rounded_up() -> None:
    some = Totals(attempts=3, accepted=2, attempt_cost_nanousd=11)

    assert some.cost_per_accepted_nanousd == 6
    assert some.success_ratio == pytest.approx(2 / 3)


def test_what_was_not_observed_is_none() -> None:
    nothing = Totals()

    assert nothing.cost_per_accepted_nanousd is None
    assert nothing.success_ratio is None
    assert nothing.error_ratio is None
    assert nothing.score is None
    assert nothing.latency_ms(0.5) == (None,)
