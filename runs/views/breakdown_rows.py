"""A metric by group and sub-group as rows of a table, each beside the time before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runs.core.metrics import OTHERS, Metric
from runs.selectors.usage import Breakdown
from runs.selectors.usage.breakdown import Part
from runs.views.compare import Change, change_of, percent, value_text
from runs.views.filter_bar import FilterBar
from runs.views.formats import words

# What can be filtered by; phases are no part of the bar.
FILTERED = ("model", "task_type", "team", "provider")
WORDED = ("task_type", "phase")


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """One line. `width` is its bar in per cent of the largest; `share` its part of the whole."""

    name: str
    is_part: bool
    value: str
    before: str
    change: Change
    width: int
    share: str
    calls: int
    url: str = ""


def rows_of(found: Breakdown, bar: FilterBar, group: str, sub: str = "") -> list[BreakdownRow]:
    """Return groups, each followed by its parts."""
    writer = _Writer(found, bar)
    return list(writer.rows(found.whole.parts, (group, sub)))


class _Writer:
    def __init__(self, found: Breakdown, bar: FilterBar) -> None:
        self._metric: Metric = found.metric
        self._bar = bar
        self._whole = found.metric.of(found.whole.now) or 0
        values = [found.metric.of(part.now) or 0 for part in found.whole.parts]
        self._largest = max(values, default=0)

    def rows(self, parts: Iterable[Part], groups: tuple[str, str]) -> Iterator[BreakdownRow]:
        group, sub = groups
        for part in parts:
            yield self._row(part, group, is_part=False)
            for each in part.parts:
                yield self._row(each, sub, is_part=True)

    def _row(self, part: Part, group: str, *, is_part: bool) -> BreakdownRow:
        metric = self._metric
        value = metric.of(part.now)
        before = None if part.before is None else metric.of(part.before)
        amount = value or 0
        known = amount / self._whole if metric.adds_up and self._whole else None
        return BreakdownRow(
            name=name_of(group, part.name),
            is_part=is_part,
            value=value_text(metric, value),
            before=value_text(metric, before),
            change=change_of(value, before, absolute=metric.unit == "ratio"),
            width=round(100 * amount / self._largest) if self._largest else 0,
            share=percent(known) if known is not None else "",
            calls=part.now.calls,
            url=self._url(group, part.name),
        )

    def _url(self, group: str, name: str) -> str:
        if group not in FILTERED or name in (OTHERS, "none"):
            return ""
        return self._bar.url(self._bar.filters.having(**{group: (name,)}))


def name_of(group: str, name: str) -> str:
    """Return how one value of a group is called on a page."""
    return words(name) if group in WORDED and name != OTHERS else name
