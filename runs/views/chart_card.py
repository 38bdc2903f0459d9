"""A chart over time on a page: the figure, its legend, and the same as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from budgets.core.money import NANOUSD_PER_USD
from runs.core.metrics import OTHERS, Metric, Value
from runs.core.window import moment_of
from runs.selectors.usage import Chart
from runs.views.breakdown_rows import name_of
from runs.views.compare import value_text
from runs.views.formats import words
from telemetry import figures

UNITS = {
    "nanousd": figures.Unit("$,.2~f"),
    "calls": figures.Unit(",.3~s", suffix=" calls"),
    "tokens": figures.Unit(",.3~s", suffix=" tokens"),
    "ms": figures.Unit(",.0f", suffix=" ms"),
    "ratio": figures.Unit(".2f"),
}
SHARES = ("success", "error_rate")


@dataclass(frozen=True, slots=True)
class LegendEntry:
    name: str
    ink: str
    value: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One bucket. `at` is a moment where buckets are hours, else a day."""

    at: datetime | date
    by_hour: bool
    cells: list[str]
    unfinished: bool


class ChartCard:
    """A chart, from what a selector read."""

    def __init__(
        self, chart: Chart, group: str, time: str, before: Sequence[Value] | None = None
    ) -> None:
        self.chart = chart
        self._group, self._time = group, time
        self._before = before

    @property
    def metric(self) -> Metric:
        return self.chart.metric

    @property
    def is_empty(self) -> bool:
        return not any(value is not None for line in self.chart.lines for value in line.values)

    @property
    def has_before(self) -> bool:
        return self._before is not None and any(value is not None for value in self._before)

    @cached_property
    def figure(self) -> str:
        """Return the figure as JSON."""
        window = self.chart.window
        lines = [
            figures.Line(name, self._shown(line.values), ink)
            for name, line, ink in zip(self.columns, self.chart.lines, self._inks, strict=True)
        ]
        before = None
        if self._before is not None and self.has_before:
            values = self._fitting(self._shown(self._before))
            before = figures.Line("The time before", values, figures.BEFORE_INK)
        found = figures.time_chart(
            self._buckets,
            lines,
            figures.Unit(".1%") if self.metric.name in SHARES else UNITS[self.metric.unit],
            stacked=self.metric.adds_up,
            unfinished=window.is_unfinished,
            before=before,
        )
        return json.dumps(found, separators=(",", ":"))

    @property
    def legend(self) -> list[LegendEntry]:
        return [
            LegendEntry(name, ink, value_text(self.metric, self.metric.of(line.total)))
            for name, line, ink in zip(self.columns, self.chart.lines, self._inks, strict=True)
        ]

    @property
    def label(self) -> str:
        """Return the chart in words, for those who do not see it."""
        lines = ", ".join(f"{entry.name} {entry.value}" for entry in self.legend)
        unfinished = " The last bar is not complete yet." if self.chart.is_unfinished else ""
        about = f"{self.metric.label} by {words(self._group).lower()}, {self._time}"
        return f"{about}: {lines}.{unfinished}"

    @property
    def columns(self) -> list[str]:
        return [name_of(self._group, line.name) for line in self.chart.lines]

    @property
    def heads(self) -> list[str]:
        """Return what stands above the cells of a row."""
        return [*self.columns, *(["The time before"] if self.has_before else [])]

    @property
    def rows(self) -> list[TableRow]:
        """Return the buckets as rows, the latest first."""
        window = self.chart.window
        last = len(window.buckets) - 1
        lines = [line.values for line in self.chart.lines]
        if self._before is not None and self.has_before:
            lines.append(self._fitting(list(self._before)))
        rows = [
            TableRow(
                at,
                window.by_hour,
                [value_text(self.metric, values[place]) for values in lines],
                window.is_unfinished and place == last,
            )
            for place, at in enumerate(self._buckets)
        ]
        return rows[::-1]

    @property
    def _inks(self) -> list[str]:
        names = self.columns
        others = len(names) - 1 if self.chart.folded else len(names)
        return [
            figures.OTHERS_INK if place >= others or name == OTHERS else figures.ink_of(place)
            for place, name in enumerate(names)
        ]

    @property
    def _buckets(self) -> list[datetime | date]:
        window = self.chart.window
        if window.by_hour:
            return [moment_of(bucket, window.zone) for bucket in window.buckets]
        return [bucket for bucket in window.buckets if isinstance(bucket, date)]

    def _shown(self, values: Sequence[Value]) -> list[Value]:
        if self.metric.unit != "nanousd":
            return list(values)
        return [None if value is None else value / NANOUSD_PER_USD for value in values]

    def _fitting(self, values: list[Value]) -> list[Value]:
        count = len(self._buckets)
        return (values + [None] * count)[:count]
