"""Charts over time as Plotly figures, which the pages' script draws.

Colours are left to the page: `meta.ink` of a trace names a variable of its style sheet, so that
one figure serves both themes. Moments are UTC; the page makes them local.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import plotly.graph_objects as go

# Inks of the style sheet: ink-1 to ink-8 for lines by rank, ink-0 for all the others together.
INKS = 8
OTHERS_INK = "ink-0"
BEFORE_INK = "ink-before"
HATCH = "/"


@dataclass(frozen=True, slots=True)
class Line:
    """Hold the values of one line, one a bucket; None is a gap."""

    name: str
    values: Sequence[float | None]
    ink: str


@dataclass(frozen=True, slots=True)
class Unit:
    """How values are written: in d3's format, between what stands before and after."""

    format: str = ",.3~s"
    prefix: str = ""
    suffix: str = ""


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
    figure = go.Figure(data=traces, layout=_layout(unit, by_hour=_by_hour(buckets)))
    found: dict[str, Any] = figure.to_plotly_json()
    # The default template is 6 kB of colours that the page replaces anyway.
    found["layout"].pop("template", None)
    return found


@dataclass(frozen=True, slots=True)
class Spot:
    """Hold one named point of a chart of two figures."""

    name: str
    x: float
    y: float
    ink: str


def tradeoff_chart(
    spots: Sequence[Spot], edge: Sequence[tuple[float, float]], across: Unit, up: Unit
) -> dict[str, Any]:
    """Return points by two figures, and a line along the best that can be had.

    What lies across is told apart by ratio: ten times dearer is as far at any price.
    """
    traces: list[go.Scatter] = [
        go.Scatter(
            x=[x for x, _ in edge],
            y=[y for _, y in edge],
            mode="lines",
            line={"width": 1.5, "dash": "dot"},
            meta={"ink": BEFORE_INK},
            hoverinfo="skip",
        )
    ]
    for spot in spots:
        value = f"%{{y:{up.format}}}{up.suffix} at {_plain(across.prefix)}%{{x:{across.format}}}"
        traces.append(
            go.Scatter(
                x=[spot.x],
                y=[spot.y],
                name=_plain(spot.name),
                mode="markers",
                marker={"size": 10},
                meta={"ink": spot.ink},
                hovertemplate=f"{_plain(spot.name)} <b>{value}</b><extra></extra>",
            )
        )
    layout = _layout(up, by_hour=False)
    layout["hovermode"] = "closest"
    layout["yaxis"]["rangemode"] = "normal"
    ticks = _ticks([spot.x for spot in spots])
    layout["xaxis"] = {
        "type": "log",
        "automargin": True,
        "showgrid": True,
        "tickvals": ticks,
        # Written out: by itself the library leaves the unit away between powers of ten.
        "ticktext": [
            f"{_plain(across.prefix)}{tick:,.9f}".rstrip("0").rstrip(".") for tick in ticks
        ],
    }
    found: dict[str, Any] = go.Figure(data=traces, layout=layout).to_plotly_json()
    found["layout"].pop("template", None)
    return found


def _ticks(values: Sequence[float]) -> list[float]:
    """Return 1, 2 and 5 of each power of ten about these values, which are above nothing."""
    if not values:
        return []
    first, last = (math.floor(math.log10(edge)) for edge in (min(values), max(values)))
    powers = range(first - 1, last + 2)
    return [round(digit * 10.0**power, 12) for power in powers for digit in (1, 2, 5)]


def ink_of(place: int) -> str:
    """Return the ink of a line by its rank, the first being 0."""
    return f"ink-{place + 1}" if place < INKS else OTHERS_INK


def written(bucket: datetime | date) -> str:
    """Write a bucket for the page: a moment in UTC, or a day as it is."""
    if isinstance(bucket, datetime):
        return bucket.strftime("%Y-%m-%dT%H:%M:%SZ")
    return bucket.isoformat()


def _bars(x: list[str], line: Line, unit: Unit, *, unfinished: bool) -> go.Bar:
    shapes = [""] * len(x)
    if unfinished and x:
        shapes[-1] = HATCH
    return go.Bar(
        x=x,
        y=list(line.values),
        name=_plain(line.name),
        marker={"pattern": {"shape": shapes}},
        meta={"ink": line.ink},
        hovertemplate=_hover(line, unit),
    )


def _points(x: list[str], line: Line, unit: Unit, *, unfinished: bool) -> go.Scatter:
    symbols = ["circle"] * len(x)
    if unfinished and x:
        symbols[-1] = "circle-open"
    return go.Scatter(
        x=x,
        y=list(line.values),
        name=_plain(line.name),
        mode="lines+markers",
        connectgaps=False,
        line={"width": 2},
        marker={"size": 6, "symbol": symbols},
        meta={"ink": line.ink},
        hovertemplate=_hover(line, unit),
    )


def _before(x: list[str], line: Line, unit: Unit) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=list(line.values),
        name=_plain(line.name),
        mode="lines+markers",  # a day alone between gaps is no line
        connectgaps=False,
        line={"width": 1.5, "dash": "dot", "shape": "hvh"},
        marker={"size": 3},
        meta={"ink": line.ink},
        hovertemplate=_hover(line, unit),
    )


def _hover(line: Line, unit: Unit) -> str:
    value = f"{_plain(unit.prefix)}%{{y:{unit.format}}}{unit.suffix}"
    return f"{_plain(line.name)} <b>{value}</b><extra></extra>"


def _layout(unit: Unit, *, by_hour: bool) -> dict[str, Any]:
    return {
        "barmode": "stack",
        "bargap": 0.25,
        "showlegend": False,
        "hovermode": "x unified",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        # The same whenever it is drawn again: a zoom outlives new data.
        "uirevision": "kept",
        "xaxis": {
            "type": "date",
            "automargin": True,
            "showgrid": False,
            "tickformat": "%H:%M\n%-d %b" if by_hour else "%-d %b",
            "hoverformat": "%a %-d %b, %H:%M%{customdata}" if by_hour else "%a %-d %b %Y",
        },
        "yaxis": {
            "automargin": True,
            "rangemode": "tozero",
            "tickformat": unit.format,
            "tickprefix": _plain(unit.prefix),
            "ticksuffix": unit.suffix,
            "nticks": 5,
            "fixedrange": True,
        },
    }


def _by_hour(buckets: Sequence[datetime | date]) -> bool:
    return bool(buckets) and isinstance(buckets[0], datetime)


def _plain(text: str) -> str:
    """Return a text that Plotly shows as it is: it reads tags, and %{} in templates."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "%&#123;")
