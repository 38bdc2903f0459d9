"""Models by type of task as a heatmap, one metric at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from runs.core.heat import (
    FEW,
    LESS_IS_BETTER,
    Figure,
    Metric,
    best,
    figure,
    moved,
    scale,
    shade,
)
from runs.selectors.usage import Matrix
from runs.views.figure_text import detail_text, value_text
from runs.views.filter_bar import FilterBar
from runs.views.formats import words
from runs.views.heat import Heat, HeatCell, HeatRow
from telemetry.core.rollup import SCORED_PHASE
from telemetry.core.totals import Totals

# Of calls, those that wrote: what reviewed or judged says nothing of the task's own model.
PHASES = (SCORED_PHASE,)
METRICS = {
    Metric.QUALITY: ("Quality", "Mean score of evaluated attempts"),
    Metric.COST: ("Cost", "Cost of an accepted task, failed attempts included"),
    Metric.LATENCY: ("Latency", "Median latency of calls that write"),
    Metric.SUCCESS: ("Success", "Share of attempts that were accepted"),
}
COUNTED = {
    Metric.QUALITY: "evaluated attempts",
    Metric.COST: "accepted tasks",
    Metric.LATENCY: "calls",
    Metric.SUCCESS: "attempts",
}
# How the ends of the scale are called, where more is not better.
ENDS = {
    Metric.QUALITY: ("", ""),
    Metric.COST: ("dearer: ", "cheaper: "),
    Metric.LATENCY: ("slower: ", "faster: "),
    Metric.SUCCESS: ("", ""),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A model at a type of task. `before`: the same length of time earlier; None: unknown."""

    provider: str
    model: str
    task_type: str
    now: Totals
    before: Totals | None

    def figure(self, metric: Metric) -> Figure | None:
        return figure(metric, self.now)

    def earlier(self, metric: Metric) -> Figure | None:
        return figure(metric, self.before) if self.before else None


def pairs_of(bar: FilterBar, found: Matrix) -> list[Pair]:
    """Return what has figures, row by row."""
    return [
        Pair(bar.seen.homes.get(model, ""), model, str(kind), cell.now, cell.before)
        for model in found.rows
        for kind in found.columns
        if (cell := found.cells.get((model, kind))) is not None
    ]


def quality_heat(bar: FilterBar, metric: Metric, found: Matrix) -> Heat | None:
    """Return the heatmap of a metric; None: nothing is known of it."""
    shown = [
        (pair, one) for pair in pairs_of(bar, found) if (one := pair.figure(metric)) is not None
    ]
    if not shown:
        return None
    used = {pair.task_type for pair, _ in shown}
    kinds = [str(kind) for kind in found.columns if kind in used]
    ends = scale(metric, [one for _, one in shown])
    worst, finest = reversed(ends) if metric in LESS_IS_BETTER else ends
    return Heat(
        id="heat",
        caption=f"{METRICS[metric][1]}, by model and type of task",
        corner="Model",
        columns=[words(kind) for kind in kinds],
        rows=_rows(bar, metric, shown, kinds, ends),
        low=ENDS[metric][0] + value_text(metric, worst),
        high=ENDS[metric][1] + value_text(metric, finest),
        few=f"fewer than {FEW} {COUNTED[metric]}",
    )


def _rows(
    bar: FilterBar,
    metric: Metric,
    shown: Sequence[tuple[Pair, Figure]],
    kinds: Sequence[str],
    ends: tuple[float, float],
) -> list[HeatRow]:
    winners = [
        best(metric, [one for pair, one in shown if pair.task_type == kind]) for kind in kinds
    ]
    rows: dict[str, HeatRow] = {}
    for pair, one in shown:
        empty = HeatRow(pair.model, pair.provider, [None] * len(kinds))
        row = rows.setdefault(pair.model, empty)
        column = kinds.index(pair.task_type)
        place = f"cell-{len(rows)}-{column + 1}"
        row.cells[column] = _cell(bar, metric, pair, one, ends, one is winners[column], place)
    return list(rows.values())


def _cell(
    bar: FilterBar,
    metric: Metric,
    pair: Pair,
    now: Figure,
    ends: tuple[float, float],
    is_best: bool,
    place: str,
) -> HeatCell:
    before = pair.earlier(metric)
    arrow = ""
    if before is not None and moved(now, before):
        arrow = " ↑" if now.value > before.value else " ↓"
    return HeatCell(
        id=place,
        text=value_text(metric, now.value),
        small=f"n {now.n:,}{arrow}",
        shade=shade(metric, now.value, ends),
        thin=now.is_thin,
        name=f"{pair.model}, {words(pair.task_type).lower()}",
        detail=detail_text(metric, now, before, COUNTED[metric], is_best=is_best),
        url=runs_url(bar, pair),
        best=is_best,
    )


def runs_url(bar: FilterBar, pair: Pair) -> str:
    """Return the address of the runs behind a pair."""
    chosen = bar.filters.having(model=(pair.model,), task_type=(pair.task_type,))
    return bar.url(chosen, path=reverse("runs"))
