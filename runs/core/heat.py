"""What a cell of a heatmap says: a figure with how sure it is, how it moved, and its shade.

Invariant: what was not observed is None, never zero; a shade lies in [0, SHADES).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from telemetry.core.totals import Totals

SHADES: Final = 10
# Below this many observations a figure may be chance, and is drawn hatched.
FEW: Final = 10
_Z: Final = 1.959964


class Metric(StrEnum):
    """What can be looked at."""

    QUALITY = "quality"
    COST = "cost"
    LATENCY = "latency"
    SUCCESS = "success"


LESS_IS_BETTER: Final = frozenset({Metric.COST, Metric.LATENCY})


@dataclass(frozen=True, slots=True)
class Figure:
    """One value with its number of observations; an interval of 95 % where one is known.

    Quality and success lie in [0, 1], cost is in nano-dollars, latency in ms.
    """

    value: float
    n: int
    low: float | None = None
    high: float | None = None

    @property
    def is_thin(self) -> bool:
        """Tell whether it rests on too little to be relied on."""
        return self.n < FEW


def figure(metric: Metric, totals: Totals) -> Figure | None:
    """Return what the totals say of a metric; None: nothing."""
    if metric is Metric.QUALITY:
        score = totals.score
        return Figure(score.mean, score.n, score.low, score.high) if score else None
    if metric is Metric.COST:
        cost = totals.cost_per_accepted_nanousd
        return None if cost is None else Figure(cost, totals.accepted)
    if metric is Metric.LATENCY:
        return _median(totals)
    return _success(totals)


def moved(now: Figure, before: Figure | None) -> bool:
    """Tell whether a figure differs from the one before it by more than chance explains."""
    if before is None or now.is_thin or before.is_thin:
        return False
    ends = (now.low, now.high, before.low, before.high)
    if None in ends:
        return abs(now.value - before.value) > 0.2 * abs(before.value)
    low, high, low_before, high_before = (end or 0.0 for end in ends)
    return low > high_before or high < low_before


def best(metric: Metric, figures: Iterable[Figure]) -> Figure | None:
    """Return the best figure that can be relied on; None: there are not two to choose from."""
    sure = [one for one in figures if not one.is_thin]
    if len(sure) < 2:
        return None
    choose = min if metric in LESS_IS_BETTER else max
    return choose(sure, key=lambda one: one.value)


def scale(metric: Metric, figures: Iterable[Figure]) -> tuple[float, float]:
    """Return the ends of the scale of shades: round values that hold all figures."""
    values = [one.value for one in figures]
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if metric in LESS_IS_BETTER:
        return low, high
    low, high = math.floor(low * 20) / 20, math.ceil(high * 20) / 20
    return (low, high) if low < high else (max(0.0, low - 0.05), low)


def shade(metric: Metric, value: float, ends: tuple[float, float]) -> int:
    """Return the shade of a value, the best the brightest.

    Money and time are told apart by ratio: ten times dearer is as far at any price.
    """
    low, high = ends
    if metric in LESS_IS_BETTER:
        value, low, high = (math.log(max(one, 1.0)) for one in (value, low, high))
        value, low, high = -value, -high, -low
    if high <= low:
        return SHADES - 1
    return max(0, min(SHADES - 1, int((value - low) / (high - low) * SHADES)))


def _median(totals: Totals) -> Figure | None:
    n = totals.latency.count
    if n == 0:
        return None
    # Source: Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2: the ranks around
    # the median that hold it with a certain confidence, by the normal approximation.
    half = _Z / 2 / math.sqrt(n)
    low, middle, high = totals.latency_ms(max(1 / n, 0.5 - half), 0.5, min(1.0, 0.5 + half))
    assert middle is not None
    return Figure(middle, n, low, high) if n >= FEW else Figure(middle, n)


def _success(totals: Totals) -> Figure | None:
    n, ratio = totals.attempts, totals.success_ratio
    if ratio is None:
        return None
    # Source: Wilson (1927), the score interval of a proportion.
    middle = (ratio + _Z**2 / 2 / n) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(ratio * (1 - ratio) / n + _Z**2 / 4 / n**2)
    return Figure(ratio, n, max(0.0, middle - half), min(1.0, middle + half))
