"""Figures for pages and the API, as a caller may see them; read from rollups alone."""

from __future__ import annotations

from runs.selectors.usage.asked import Asked, ask, zone_of
from runs.selectors.usage.breakdown import Breakdown, breakdown
from runs.selectors.usage.chart import Chart, chart
from runs.selectors.usage.health import ModelHealth, provider_health
from runs.selectors.usage.matrices import (
    Matrix,
    cost_by_model_and_hour,
    cost_by_team_and_day,
    quality_matrix,
)
from runs.selectors.usage.overview import Overview, overview
from runs.selectors.usage.stream import RowsChanged, RowStream, usage_stream
from runs.selectors.usage.table import Row, usage_rows
from telemetry.selectors.rollups import TooManyGroups

__all__ = [
    "Asked",
    "Breakdown",
    "Chart",
    "Matrix",
    "ModelHealth",
    "Overview",
    "Row",
    "RowStream",
    "RowsChanged",
    "TooManyGroups",
    "ask",
    "breakdown",
    "chart",
    "cost_by_model_and_hour",
    "cost_by_team_and_day",
    "overview",
    "provider_health",
    "quality_matrix",
    "usage_rows",
    "usage_stream",
    "zone_of",
]
