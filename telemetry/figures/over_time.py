"""Charts over time. Moments are UTC; the page makes them local."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import plotly.graph_objects as go

from telemetry.figures.style import HATCH, Unit, drawn, hover, layout_of, plain, written


@dataclass(frozen=True, slots=True)
class Line:
    """Hold the values of one line, one a bucket; None is a gap."""

    name: str
    values: Sequence[float | None]
    ink: str


def time_chart(
    buckets: Sequence[datetime | date],
    lines: Sequence[Line],
    unit: Unit,
    *,
    stacked: bool,
    unfinished: bool,
    before: Line | None = None,
) -> dict[str, Any]:
    """Return lines over time: stacked bars where they add up, else lines with gaps.

    `unfinished`: the last bucket is still going on, and is drawn so. `before`: the time before.
    """
    x = [written(bucket) for bucket in buckets]
    draw = _bars if stacked else _points
    traces = [draw(x, line, unit, unfinished=unfinished) for line in lines]
    if before is not None:
        traces.append(_before(x, before, unit))
    return drawn(traces, layout_of(unit, by_hour=_by_hour(buckets)))


def _bars(x: list[str], line: Line, unit: Unit, *, unfinished: bool) -> go.Bar:
    shapes = [""] * len(x)
    if unfinished and x:
        shapes[-1] = HATCH
    return go.Bar(
        x=x,
        y=list(line.values),
        name=plain(line.name),
        marker={"pattern": {"shape": shapes}},
        meta={"ink": line.ink},
        hovertemplate=hover(line.name, unit),
    )


def _points(x: list[str], line: Line, unit: Unit, *, unfinished: bool) -> go.Scatter:
    symbols = ["circle"] * len(x)
    if unfinished and x:
        symbols[-1] = "circle-open"
    return go.Scatter(
        x=x,
        y=list(line.values),
        name=plain(line.name),
        mode="lines+markers",
        connectgaps=False,
        line={"width": 2},
        marker={"size": 6, "symbol": symbols},
        meta={"ink": line.ink},
        hovertemplate=hover(line.name, unit),
    )


def _before(x: list[str], line: Line, unit: Unit) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=list(line.values),
        name=plain(line.name),
        mode="lines+markers",  # a day alone between gaps is no line
        connectgaps=False,
        line={"width": 1.5, "dash": "dot", "shape": "hvh"},
        marker={"size": 3},
        meta={"ink": line.ink},
        hovertemplate=hover(line.name, unit),
    )


def _by_hour(buckets: Sequence[datetime | date]) -> bool:
    return bool(buckets) and isinstance(buckets[0], datetime)
