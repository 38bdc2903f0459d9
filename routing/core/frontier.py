"""How good a router is over all settings of quality against money, as one number.

Source: RouterBench, arXiv 2403.12031, section 3: the non-decreasing convex hull and AIQ.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]  # mean cost, mean score

NEARLY_BEST = 0.95


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold what routers are measured against: the cheapest model, and the best in hindsight.

    `oracle_aiq` is the AIQ of choosing the hindsight-best model of every category.
    """

    cheapest: Point
    best: Point
    oracle_aiq: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold a router's figures; `naiq` None: there is nothing between cheapest and oracle.

    `nearly_best_cost` is the cost of 95 % of the best model's score, as a share of that model's
    cost; None: never reached, or that model costs nothing.
    """

    aiq: float
    naiq: float | None
    nearly_best_cost: float | None


def hull(points: Sequence[Point]) -> list[Point]:
    """Return the non-decreasing concave upper hull, in order of cost."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda one: (one[0], -one[1])):
        if kept and point[1] <= kept[-1][1]:
            continue
        while len(kept) >= 2 and _slope(kept[-2], kept[-1]) <= _slope(kept[-2], point):
            kept.pop()
        kept.append(point)
    return kept


def height(line: Sequence[Point], cost: float) -> float:
    """Return a hull's score at a cost: flat beyond its ends."""
    index = bisect_left(line, cost, key=lambda one: one[0])
    if index == 0:
        return line[0][1]
    if index == len(line):
        return line[-1][1]
    left, right = line[index - 1], line[index]
    return left[1] + _slope(left, right) * (cost - left[0])


def judge(points: Sequence[Point], frame: Frame) -> Judgement:
    """Return a router's figures; it may be mixed with always choosing the cheapest model."""
    line = hull([*points, frame.cheapest])
    aiq = _mean_height(line, frame.cheapest[0], frame.best[0])
    floor = frame.cheapest[1]
    room = None if frame.oracle_aiq is None else frame.oracle_aiq - floor
    cost = _cost_of(line, NEARLY_BEST * frame.best[1])
    return Judgement(
        aiq=aiq,
        naiq=(aiq - floor) / room if room else None,
        nearly_best_cost=cost / frame.best[0] if cost is not None and frame.best[0] else None,
    )


def _mean_height(line: Sequence[Point], low: float, high: float) -> float:
    if high <= low:
        return height(line, low)
    costs = [low, *(cost for cost, _ in line if low < cost < high), high]
    heights = [height(line, cost) for cost in costs]
    area = sum(
        (right[0] - left[0]) * (left[1] + right[1]) / 2
        for left, right in pairwise(zip(costs, heights, strict=True))
    )
    return area / (high - low)


def _cost_of(line: Sequence[Point], score: float) -> float | None:
    if line[0][1] >= score:
        return line[0][0]
    for left, right in pairwise(line):
        if right[1] >= score:
            return left[0] + (score - left[1]) / _slope(left, right)
    return None


def _slope(left: Point, right: Point) -> float:
    width = right[0] - left[0]
    return (right[1] - left[1]) / width if width > 0 else float("inf")
