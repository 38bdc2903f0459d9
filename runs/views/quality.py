"""The page that compares models by type of task: as a heatmap, as a table, as CSV."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from budgets.core.money import format_usd
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
from runs.selectors.usage import Matrix, quality_matrix
from runs.views.asking import caller_of, page, wants_part
from runs.views.figure_text import change_text, detail_text, value_text
from runs.views.filter_bar import FilterBar, Preset
from runs.views.formats import words
from runs.views.heat import Heat, HeatCell, HeatRow
from telemetry.core.rollup import SCORED_PHASE
from telemetry.core.totals import Totals

FIELDS = ("team", "task_type", "model", "provider")
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
COLUMNS = (
    "model", "provider", "task_type", "score_mean", "score_n", "score_low", "score_high",
    "score_before", "attempts", "accepted", "success_ratio", "cost_per_accepted_usd",
    "latency_p50_ms", "latency_p95_ms",
)  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: every metric of a pair."""

    pair: Pair
    url: str
    score: Figure | None
    texts: dict[str, str]
    change: str
    p95: float | None


@require_safe
@page
def quality(request: HttpRequest) -> HttpResponse:
    """Show how good each model is at each type of task."""
    bar = FilterBar(request, caller_of(request), FIELDS, own=("metric", "view"))
    metric = _metric(request)
    found = quality_matrix(bar.ask(PHASES))
    as_table = request.GET.get("view") == "table"
    context: dict[str, Any] = {
        "bar": bar,
        "about": METRICS[metric][1],
        "part_url": bar.url(),
        "heat": None if as_table else _heat(bar, metric, found),
        "lines": _lines(bar, metric, found) if as_table else [],
        "left_out": found.left_out,
        "few": FEW,
    }
    if wants_part(request):
        return render(request, "quality/parts/body.html", context)
    context["metrics"] = [
        Preset(label, bar.url(metric="" if name is Metric.QUALITY else name), name is metric)
        for name, (label, _) in METRICS.items()
    ]
    context["shapes"] = [
        Preset("Heatmap", bar.url(view=""), not as_table),
        Preset("Table", bar.url(view="table"), as_table),
    ]
    context["csv_url"] = bar.url(path=reverse("quality-csv"))
    return render(request, "quality/page.html", context)


@require_safe
@page
def quality_csv(request: HttpRequest) -> HttpResponse:
    """Write the whole table as CSV, one row a pair; how many stands in a header."""
    bar = FilterBar(request, caller_of(request), FIELDS)
    pairs = _pairs(bar, quality_matrix(bar.ask(PHASES)))
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="quality.csv"'
    answer["X-Total-Rows"] = str(len(pairs))
    writer = csv.writer(answer)
    writer.writerow(COLUMNS)
    writer.writerows(_row(pair) for pair in pairs)
    return answer


def _metric(request: HttpRequest) -> Metric:
    name = request.GET.get("metric", "")
    return Metric(name) if name in {each.value for each in Metric} else Metric.QUALITY


def _pairs(bar: FilterBar, found: Matrix) -> list[Pair]:
    """Return what has figures, row by row."""
    return [
        Pair(bar.seen.homes.get(model, ""), model, str(kind), cell.now, cell.before)
        for model in found.rows
        for kind in found.columns
        if (cell := found.cells.get((model, kind))) is not None
    ]


def _heat(bar: FilterBar, metric: Metric, found: Matrix) -> Heat | None:
    shown = [(pair, one) for pair in _pairs(bar, found) if (one := pair.figure(metric)) is not None]
    if not shown:
        return None
    used = {pair.task_type for pair, _ in shown}
    kinds = [str(kind) for kind in found.columns if kind in used]
    winners = [
        best(metric, [one for pair, one in shown if pair.task_type == kind]) for kind in kinds
    ]
    ends = scale(metric, [one for _, one in shown])
    places: dict[str, list[HeatCell | None]] = {}
    for pair, one in shown:
        line = places.setdefault(pair.model, [None] * len(kinds))
        column = kinds.index(pair.task_type)
        place = f"cell-{len(places)}-{column + 1}"
        line[column] = _cell(bar, metric, pair, one, ends, one is winners[column], place)
    worst, finest = reversed(ends) if metric in LESS_IS_BETTER else ends
    prefix = ENDS[metric]
    return Heat(
        id="heat",
        caption=f"{METRICS[metric][1]}, by model and type of task",
        corner="Model",
        columns=[words(kind) for kind in kinds],
        rows=[
            HeatRow(model, bar.seen.homes.get(model, ""), cells) for model, cells in places.items()
        ],
        low=prefix[0] + value_text(metric, worst),
        high=prefix[1] + value_text(metric, finest),
        few=f"fewer than {FEW} {COUNTED[metric]}",
    )


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
        url=_runs_url(bar, pair),
        best=is_best,
    )


def _lines(bar: FilterBar, metric: Metric, found: Matrix) -> list[Line]:
    """Return a line for each pair: by type of task, there the best first."""
    pairs = _pairs(bar, found)
    order = {kind: place for place, kind in enumerate(found.columns)}
    pairs.sort(key=lambda pair: (order[pair.task_type], _rank(metric, pair)))
    return [_line(bar, metric, pair) for pair in pairs]


def _line(bar: FilterBar, metric: Metric, pair: Pair) -> Line:
    figures = {each: pair.figure(each) for each in Metric}
    shown = figures[metric]
    return Line(
        pair=pair,
        url=_runs_url(bar, pair),
        score=figures[Metric.QUALITY],
        texts={
            each.value: value_text(each, one.value) if one else "–" for each, one in figures.items()
        },
        change=change_text(metric, shown, pair.earlier(metric)) if shown else "",
        p95=pair.now.latency_ms(0.95)[0],
    )


def _rank(metric: Metric, pair: Pair) -> float:
    one = pair.figure(metric)
    if one is None:
        return float("inf")
    return one.value if metric in LESS_IS_BETTER else -one.value


def _runs_url(bar: FilterBar, pair: Pair) -> str:
    """Return the address of the runs behind a pair."""
    chosen = bar.filters.having(model=(pair.model,), task_type=(pair.task_type,))
    return bar.url(chosen, path=reverse("runs"))


def _row(pair: Pair) -> list[Any]:
    score, before = pair.figure(Metric.QUALITY), pair.earlier(Metric.QUALITY)
    cost = pair.now.cost_per_accepted_nanousd
    names = [_plain(name) for name in (pair.model, pair.provider, pair.task_type)]
    return [
        *names,
        *((score.value, score.n, score.low, score.high) if score else (None, 0, None, None)),
        before.value if before else None,
        pair.now.attempts,
        pair.now.accepted,
        pair.now.success_ratio,
        None if cost is None else format_usd(cost),
        *pair.now.latency_ms(0.5, 0.95),
    ]


def _plain(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in "=+-@\t\r" else name
