"""The chart of two figures of many things, and of the best to be had of both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from telemetry.figures.style import BEFORE_INK, Unit, drawn, layout_of, plain


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
        value = f"%{{y:{up.format}}}{up.suffix} at {plain(across.prefix)}%{{x:{across.format}}}"
        traces.append(
            go.Scatter(
                x=[spot.x],
                y=[spot.y],
                name=plain(spot.name),
                mode="markers",
                marker={"size": 10},
                meta={"ink": spot.ink},
                hovertemplate=f"{plain(spot.name)} <b>{value}</b><extra></extra>",
            )
        )
    layout = layout_of(up, by_hour=False)
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
            f"{plain(across.prefix)}{tick:,.9f}".rstrip("0").rstrip(".") for tick in ticks
        ],
    }
    return drawn(traces, layout)


def _ticks(values: Sequence[float]) -> list[float]:
    """Return 1, 2 and 5 of each power of ten about these values, which are above nothing."""
    if not values:
        return []
    first, last = (math.floor(math.log10(edge)) for edge in (min(values), max(values)))
    powers = range(first - 1, last + 2)
    return [round(digit * 10.0**power, 12) for power in powers for digit in (1, 2, 5)]
