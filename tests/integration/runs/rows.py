"""Counts the rows that made-up history consists of."""

from __future__ import annotations

from typing import Any

from budgets.models import Hold, LedgerLine, Reservation
from runs.models import Attempt, Run, Task
from telemetry.models import Call, DailyRollup, Event, HourlyRollup, Score, Series

TABLES: list[Any] = [
    Run, Task, Attempt, Call, Score, Event, Hold, LedgerLine, Reservation, Series, HourlyRollup,
    DailyRollup,
]  # fmt: skip


def counts() -> dict[str, int]:
    return {table.__name__: table.objects.count() for table in TABLES}
