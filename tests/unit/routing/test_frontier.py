"""Routers judged over all trade-offs, by figures worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.frontier import Frame, height, hull, judge

POINTS = st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1)), min_size=1, max_size=20)
FRAME = Frame(cheapest=(0.0, 0.4), best=(10.0, 0.8), oracle_aiq=0.8)


@given(POINTS)
def test_the_hull_rises_is_concave_and_lies_above_all_points(
    points: list[tuple[float, float]],
) -> None:
    line = hull(points)
    assert line == sorted(line)
    assert all(right[1] > left[1] for left, right in pairwise(line))
    for cost, score in points:
        assert height(line, cost) >= score - 1e-9


def test_a_dominated_point_and_one_below_the_line_are_left_out() -> None:
    assert hull([(0, 0.4), (5, 0.3), (5, 0.5), (10, 0.8)]) == [(0, 0.4), (10, 0.8)]
    assert hull([(1, 0.4), (1, 0.6)]) == [(1, 0.6)]


def test_the_two_single_models_alone_make_a_trapezium() -> None:
    judged = judge([(10.0, 0.8)], FRAME)
    assert judged.aiq == pytest.approx(0.6)
    assert judged.naiq == pytest.approx(0.5)
    assert judged.nearly_best_cost == pytest.approx((0.76 - 0.4) / 0.4)


def test_the_line_is_flat_to_the_right_of_the_last_point() -> None:
    judged = judge([(5.0, 0.8)], FRAME)
    assert judged.aiq == pytest.approx((0.6 * 5 + 0.8 * 5) / 10)


def test_what_lies_outside_the_range_does_not_count() -> None:
    assert judge([(10.0, 0.8), (20.0, 1.0)], FRAME).aiq == pytest.approx(0.6)


def test_a_router_may_never_come_near_the_best() -> None:
    assert judge([(5.0, 0.5)], FRAME).nearly_best_cost is None


def test_the_cheapest_may_be_near_the_best_already() -> None:
    near = Frame((1.0, 0.79), (10.0, 0.8))
    judged = judge([], near)
    assert judged.nearly_best_cost == pytest.approx(0.1)
    assert judged.naiq is None
    assert judged.aiq == pytest.approx(0.79)


def test_one_model_that_is_cheapest_and_best_leaves_no_range() -> None:
    judged = judge([], Frame((1.0, 0.8), (1.0, 0.8), 0.8))
    assert judged.aiq == 0.8
    assert judged.naiq is None
