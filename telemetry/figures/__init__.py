"""Charts as Plotly figures, which the pages' script draws."""

from __future__ import annotations

from telemetry.figures.over_time import Line, time_chart
from telemetry.figures.style import BEFORE_INK, OTHERS_INK, Unit, ink_of
from telemetry.figures.tradeoff import Spot, tradeoff_chart

__all__ = [
    "BEFORE_INK",
    "OTHERS_INK",
    "Line",
    "Spot",
    "Unit",
    "ink_of",
    "time_chart",
    "tradeoff_chart",
]
