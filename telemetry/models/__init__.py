"""The tables of telemetry. It stands below tenancy: organisations, teams and runs are plain ids."""

from __future__ import annotations

from telemetry.models.happened import Call, CallBody, CostCorrection, Event, Outcome, Score
from telemetry.models.mark import JournalMark
from telemetry.models.rollup import DailyRollup, HourlyRollup, Series

__all__ = [
    "Call",
    "CallBody",
    "CostCorrection",
    "DailyRollup",
    "Event",
    "HourlyRollup",
    "JournalMark",
    "Outcome",
    "Score",
    "Series",
]
