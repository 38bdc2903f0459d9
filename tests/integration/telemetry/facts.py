"""Calls, scores and figures as the tests of telemetry want them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from uuid_utils.compat import uuid7

from telemetry.core.histogram import from_bytes
from telemetry.core.rollup import SeriesKey
from telemetry.core.totals import SUMS
from telemetry.models import Call, DailyRollup, HourlyRollup, Score
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall, RecordScore

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
KEYS = tuple(f"series__{name}" for name in SeriesKey._fields)


def call(**fields: Any) -> Call:
    defaults = {
        "at": NOW, "org_id": 1, "team_id": 2, "run_id": uuid7(), "phase": "generation",
        "task_type": "summarization", "provider": "sim-openai", "model": "sim/gpt-6-luna",
        "outcome": "ok", "cost_nanousd": 1_000, "input_tokens": 100, "output_tokens": 10,
        "latency_ms": 900,
    }  # fmt: skip
    return Call(**defaults | {"id": uuid7()} | fields)


def score(**fields: Any) -> Score:
    defaults = {
        "at": NOW, "org_id": 1, "team_id": 2, "run_id": uuid7(), "task_type": "summarization",
        "provider": "sim-openai", "model": "sim/gpt-6-luna", "score": 0.9, "accepted": True,
        "cost_nanousd": 5_000,
    }  # fmt: skip
    return Score(**defaults | fields)


def record(*facts: Call | Score) -> None:
    """Record calls and scores as a batch of the journal does."""
    apply_now(*(RecordCall(one) if isinstance(one, Call) else RecordScore(one) for one in facts))


def figures(demo: bool = False) -> dict[Any, tuple[Any, ...]]:
    """Return every rollup row: by time and series, its sums and its latencies."""
    found: dict[Any, tuple[Any, ...]] = {}
    for table, bucket in ((HourlyRollup, "hour"), (DailyRollup, "day")):
        rows = table.objects.filter(series__demo=demo).values_list(bucket, *KEYS, "latency", *SUMS)
        for row in rows:
            place, latency, sums = row[:9], row[9], row[10:]
            assert place not in found
            found[place] = (*sums, from_bytes(latency).cells)
    return found


def total(column: str) -> int:
    """Return one column over all rollup rows."""
    place = SUMS.index(column)
    return sum(row[place] for row in figures().values())
