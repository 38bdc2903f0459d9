"""The burn-down of a period as figures of a box: what was left, the ideal line, the forecast.

A box is 1000 wide and 1000 high; the page stretches it, so that figures need no style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from budgets.selectors.outlook import BudgetOutlook
from budgets.selectors.spending import costs_by_day, costs_by_hour
from runs.views.budget_words import day, moment_in
from runs.views.formats import usd
from telemetry.core.rollup import SECONDS_PER_HOUR, hour_of

SIDE = 1000
MAX_DAYS = 366
# How far below zero the box may reach, as a share of the limit.
DEEPEST = 0.4


@dataclass(frozen=True, slots=True)
class Point:
    """What was left at a moment, as a table shows it."""

    at: str
    spent_nanousd: int
    left_nanousd: int


@dataclass(frozen=True, slots=True)
class BurnDown:
    """The figures that the template draws; texts are empty where there is nothing to draw."""

    left: str
    ideal: str
    ahead: str
    band: str
    zero: str
    now: str
    runs_out: str
    top_label: str
    zero_share: str
    start_label: str
    end_label: str
    label: str
    points: tuple[Point, ...]


def burn_down(one: BudgetOutlook, now: datetime) -> BurnDown:
    """Draw a budget's current period."""
    steps = _steps(one, now)
    start = steps[0][0]
    end = one.period.ends_at or _horizon(one, start, now)
    low = _lowest(one)
    box = _Box(start, end, max(one.limit_nanousd, 1), low)
    left = [(at, one.limit_nanousd - spent) for at, spent in steps]
    burn, zone = one.burn, one.budget.org.zone
    ahead, band = "", ""
    if burn.projected_nanousd is not None:
        here = (now, one.limit_nanousd - one.used_nanousd)
        ahead = box.line([here, (end, one.limit_nanousd - burn.projected_nanousd)])
        ends = [(end, one.limit_nanousd - (burn.low_nanousd or 0)),
                (end, one.limit_nanousd - (burn.high_nanousd or 0))]  # fmt: skip
        band = box.line([here, *ends])
    ideal = [(start, one.limit_nanousd), (end, 0)] if one.period.ends_at else []
    return BurnDown(
        left=box.line(left),
        ideal=box.line(ideal),
        ahead=ahead,
        band=band,
        zero=f"{box.y(0):.1f}",
        now=f"{box.x(now):.1f}",
        runs_out=f"{box.x(burn.runs_out_at):.1f}" if burn.runs_out_at else "",
        top_label=usd(one.limit_nanousd),
        zero_share=f"{box.y(0):.0f}",
        start_label=day(start, zone),
        end_label=day(end - timedelta(seconds=1), zone),
        label=_label(one),
        points=_points(one, steps),
    )


class _Box:
    """Places moments and amounts."""

    def __init__(self, start: datetime, end: datetime, high: int, low: int) -> None:
        self._start, self._seconds = start, max((end - start).total_seconds(), 1.0)
        self._high, self._height = high, max(high - low, 1)

    def x(self, at: datetime) -> float:
        share = (at - self._start).total_seconds() / self._seconds
        return SIDE * min(1.0, max(0.0, share))

    def y(self, nanousd: int) -> float:
        return SIDE * min(1.0, max(0.0, (self._high - nanousd) / self._height))

    def line(self, points: Sequence[tuple[datetime, int]]) -> str:
        return " ".join(f"{self.x(at):.1f},{self.y(amount):.1f}" for at, amount in points)


def _steps(one: BudgetOutlook, now: datetime) -> list[tuple[datetime, int]]:
    """Return what was spent by when, from the period's start to now."""
    budget = one.budget
    start = max(one.period.starts_at, min(budget.created_at, now))
    if budget.period == "day":
        start = one.period.starts_at
        hours = costs_by_hour(budget, hour_of(start), hour_of(now))
        ends = [(_hour_end(hour), hours[hour]) for hour in sorted(hours)]
    else:
        zone, today = budget.org.zone, now.astimezone(budget.org.zone).date()
        first = max(start.astimezone(zone).date(), today - timedelta(days=MAX_DAYS - 1))
        days = costs_by_day(budget, first, today)
        span = [first + timedelta(days=n) for n in range((today - first).days)]
        ends = [(_day_end(each, one), days.get(each, 0)) for each in span]
    steps, total = [(start, 0)], 0
    for at, cost in ends:
        total += cost
        if start < at < now:
            # What is charged to an earlier period may have been spent in this one.
            steps.append((at, min(total, one.used_nanousd)))
    return [*steps, (now, one.used_nanousd)]


def _hour_end(hour: int) -> datetime:
    return datetime.fromtimestamp((hour + 1) * SECONDS_PER_HOUR, UTC)


def _day_end(which: date, one: BudgetOutlook) -> datetime:
    return datetime.combine(which + timedelta(days=1), time(), one.budget.org.zone).astimezone(UTC)


def _horizon(one: BudgetOutlook, start: datetime, now: datetime) -> datetime:
    """Return until when a budget without an end is drawn."""
    ahead = now + max((now - start) / 3, timedelta(days=1))
    return max(ahead, one.burn.runs_out_at + timedelta(days=1)) if one.burn.runs_out_at else ahead


def _lowest(one: BudgetOutlook) -> int:
    high = one.burn.high_nanousd or one.used_nanousd
    return max(min(0, one.limit_nanousd - high), -round(DEEPEST * one.limit_nanousd))


def _label(one: BudgetOutlook) -> str:
    burn = one.burn
    parts = [
        f"{usd(max(0, one.limit_nanousd - one.used_nanousd))} left of {usd(one.limit_nanousd)}"
    ]
    if burn.projected_nanousd is not None:
        parts.append(
            f"forecast for the end {usd(burn.projected_nanousd)}, "
            f"eight of ten between {usd(burn.low_nanousd)} and {usd(burn.high_nanousd)}"
        )
    if burn.runs_out_at is not None:
        parts.append(f"runs out on {moment_in(burn.runs_out_at, one.budget.org.zone)}")
    return "Burn-down: " + "; ".join(parts)


def _points(one: BudgetOutlook, steps: Sequence[tuple[datetime, int]]) -> tuple[Point, ...]:
    zone = one.budget.org.zone
    return tuple(
        Point(moment_in(at, zone), spent, one.limit_nanousd - spent) for at, spent in steps[1:]
    )
