"""Figures over time, a line for each of the largest groups and one for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from runs.core.metrics import OTHERS, TOP, Metric, Value, weight
from runs.core.window import Window
from runs.selectors.usage.asked import Asked
from telemetry.core.totals import Totals
from telemetry.selectors.rollups import totals

COLUMNS = {"team": "team_id"}


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one group's values, a bucket each. None: nothing happened, or nothing is known."""

    name: str
    values: Sequence[Value]
    total: Totals


@dataclass(frozen=True, slots=True)
class Chart:
    """Hold lines over the same buckets, the largest first and the others last."""

    metric: Metric
    window: Window
    lines: Sequence[Line]
    folded: int  # how many groups the line of the others stands for

    @property
    def is_unfinished(self) -> bool:
        """Tell whether the last bucket is still going on."""
        return self.window.is_unfinished


def chart(asked: Asked, metric: Metric, group: str = "", *, top: int = TOP) -> Chart:
    """Return a metric over time, by one of `runs.core.metrics.GROUPS` or in all."""
    columns = [COLUMNS.get(group, group)] if group else []
    time = "hour" if asked.window.by_hour else "day"
    found = totals(
        asked.where, asked.window.span, [time, *columns], sums=metric.sums, timed=metric.timed
    )
    by_group: dict[Any, dict[int | date, Totals]] = {}
    for (bucket, *names), figures in found.items():
        by_group.setdefault(names[0] if names else "", {})[bucket] = figures
    sums = {name: sum(by_time.values(), Totals()) for name, by_time in by_group.items()}
    ranked = sorted(sums, key=lambda name: (-(weight(metric, sums[name]) or 0), str(name)))
    shown = ranked if len(ranked) <= top + 1 else ranked[:top]
    lines = [_line(label_of(asked, group, n), by_group[n], sums[n], asked, metric) for n in shown]
    rest = ranked[len(shown) :]
    if rest:
        together = _together([by_group[name] for name in rest])
        total = sum((sums[name] for name in rest), Totals())
        lines.append(_line(OTHERS, together, total, asked, metric))
    return Chart(metric, asked.window, lines, len(rest))


def label_of(asked: Asked, group: str, name: Any) -> str:
    """Return how a group is called."""
    if group == "team":
        return asked.teams.get(name, "a team that is gone")
    return str(name) or "none"


def _line(
    name: str, by_time: Mapping[int | date, Totals], total: Totals, asked: Asked, metric: Metric
) -> Line:
    seen = (by_time.get(bucket) for bucket in asked.window.buckets)
    return Line(name, [None if each is None else metric.of(each) for each in seen], total)


def _together(groups: Sequence[Mapping[int | date, Totals]]) -> dict[int | date, Totals]:
    found: dict[int | date, Totals] = {}
    for by_time in groups:
        for bucket, figures in by_time.items():
            found[bucket] = found[bucket] + figures if bucket in found else figures
    return found
