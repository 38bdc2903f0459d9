"""Models by type of task with every metric: as lines of a table, and as rows of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from budgets.core.money import format_usd
from runs.core.heat import LESS_IS_BETTER, Figure, Metric
from runs.selectors.usage import Matrix
from runs.views.figure_text import change_text, value_text
from runs.views.filter_bar import FilterBar
from runs.views.quality_heat import Pair, pairs_of, runs_url

COLUMNS = (
    "model", "provider", "task_type", "score_mean", "score_n", "score_low", "score_high",
    "score_before", "attempts", "accepted", "success_ratio", "cost_per_accepted_usd",
    "latency_p50_ms", "latency_p95_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: every metric of a pair."""

    pair: Pair
    url: str
    score: Figure | None
    texts: dict[str, str]
    change: str
    p95: float | None


def table_lines(bar: FilterBar, metric: Metric, found: Matrix) -> list[Line]:
    """Return a line for each pair: by type of task, there the best first."""
    pairs = pairs_of(bar, found)
    order = {kind: place for place, kind in enumerate(found.columns)}
    pairs.sort(key=lambda pair: (order[pair.task_type], _rank(metric, pair)))
    return [_line(bar, metric, pair) for pair in pairs]


def _line(bar: FilterBar, metric: Metric, pair: Pair) -> Line:
    figures = {each: pair.figure(each) for each in Metric}
    shown = figures[metric]
    return Line(
        pair=pair,
        url=runs_url(bar, pair),
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


def file_row(pair: Pair) -> list[Any]:
    """Return a pair by COLUMNS; what is not known is None."""
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
