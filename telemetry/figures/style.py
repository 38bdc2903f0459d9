"""How figures are written: inks, units and what all charts look alike in.

Colours are left to the page: `meta.ink` of a trace names a variable of its style sheet, so that
one figure serves both themes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import plotly.graph_objects as go
import plotly.io

# The library's own is 6 kB of colours, which the page replaces anyway.
plotly.io.templates.default = None
# Inks of the style sheet: ink-1 to ink-8 for lines by rank, ink-0 for all the others together.
INKS = 8
OTHERS_INK = "ink-0"
BEFORE_INK = "ink-before"
HATCH = "/"


@dataclass(frozen=True, slots=True)
class Unit:
    """How values are written: in d3's format, between what stands before and after."""

    format: str = ",.3~s"
    prefix: str = ""
    suffix: str = ""


def ink_of(place: int) -> str:
    """Return the ink of a line by its rank, the first being 0."""
    return f"ink-{place + 1}" if place < INKS else OTHERS_INK


def written(bucket: datetime | date) -> str:
    """Write a bucket for the page: a moment in UTC, or a day as it is."""
    if isinstance(bucket, datetime):
        return bucket.strftime("%Y-%m-%dT%H:%M:%SZ")
    return bucket.isoformat()


def drawn(traces: Sequence[Any], layout: dict[str, Any]) -> dict[str, Any]:
    """Return a figure as plain data."""
    found: dict[str, Any] = go.Figure(data=traces, layout=layout).to_plotly_json()
    return found


def hover(name: str, unit: Unit) -> str:
    """Return what is shown of a value under the pointer."""
    value = f"{plain(unit.prefix)}%{{y:{unit.format}}}{unit.suffix}"
    return f"{plain(name)} <b>{value}</b><extra></extra>"


def layout_of(unit: Unit, *, by_hour: bool) -> dict[str, Any]:
    """Return what all charts over time look alike in."""
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
            "tickprefix": plain(unit.prefix),
            "ticksuffix": unit.suffix,
            "nticks": 5,
            "fixedrange": True,
        },
    }


def plain(text: str) -> str:
    """Return a text that Plotly shows as it is: it reads tags, and %{} in templates."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("%{", "%&#123;")
