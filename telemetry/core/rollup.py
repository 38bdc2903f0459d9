"""What a call or a score adds to the figures of its series.

Invariant: figures are whole numbers, so that adding them in any order gives the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple, Protocol
from uuid import UUID

from telemetry.core.histogram import cell_of
from telemetry.core.totals import CALL_SUMS, SCORE_UNITS

SECONDS_PER_HOUR = 3600
KEEP_HOURS = timedelta(hours=48)
# An attempt is no call: its series has no outcome, and so no row in common with calls'.
SCORED_PHASE = "generation"
_ERROR = "error"
# What answered from a cache, or was never sent, tells nothing of a model's latency.
_UNTIMED = ("cached", "released")


class SeriesKey(NamedTuple):
    """Name what figures belong to, whatever the time. `outcome` empty: attempts, not calls."""

    org_id: int
    team_id: int
    run_less: bool
    provider: str
    model: str
    task_type: str
    phase: str
    outcome: str


class CallFacts(Protocol):
    """What a call must tell."""

    org_id: int
    team_id: int
    run_id: UUID | None
    provider: str
    model: str
    task_type: str
    phase: str
    outcome: str
    error_origin: str
    cost_nanousd: int | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    latency_ms: int | None


class CorrectionFacts(Protocol):
    """What a corrected cost must tell. `before_nanousd` None: it was unknown."""

    before_nanousd: int | None
    after_nanousd: int


class ScoreFacts(Protocol):
    """What an evaluated attempt must tell. `score` None: nobody could judge it."""

    org_id: int
    team_id: int
    run_id: UUID | None
    provider: str
    model: str
    task_type: str
    score: float | None
    accepted: bool
    cost_nanousd: int


def hour_of(at: datetime) -> int:
    """Return the hour of a moment, counted from the start of 1970 in UTC."""
    return int(at.timestamp()) // SECONDS_PER_HOUR


def day_of(hour: int, zone: tzinfo) -> date:
    """Return the local day in which an hour begins."""
    return datetime.fromtimestamp(hour * SECONDS_PER_HOUR, zone).date()


def first_hour_of(day: date, zone: tzinfo) -> int:
    """Return the first hour that begins in a local day."""
    start = datetime.combine(day, time(), zone).timestamp()
    return -(-int(start) // SECONDS_PER_HOUR)


def first_kept_hour(zone: tzinfo, now: datetime) -> int:
    """Return the first hour that is kept: the start of the local day two days ago.

    Whole days only: one that is partly folded would show in neither resolution in full.
    """
    return first_hour_of((now - KEEP_HOURS).astimezone(zone).date(), zone)


def series_of_call(call: CallFacts) -> SeriesKey:
    """Return the series that a call belongs to."""
    return SeriesKey(
        call.org_id,
        call.team_id,
        call.run_id is None,
        call.provider,
        call.model,
        call.task_type,
        call.phase,
        str(call.outcome),
    )


def series_of_score(score: ScoreFacts) -> SeriesKey:
    """Return the series that an attempt belongs to."""
    return SeriesKey(
        score.org_id,
        score.team_id,
        score.run_id is None,
        score.provider,
        score.model,
        score.task_type,
        SCORED_PHASE,
        "",
    )


def figures_of_call(call: CallFacts) -> list[int]:
    """Return what one call adds to CALL_SUMS, then the cells of its latency."""
    failed = call.outcome == _ERROR
    origin = call.error_origin
    timed = call.latency_ms is not None and call.outcome not in _UNTIMED
    return [
        1,
        int(failed and origin == "provider"),
        int(failed and origin == "policy"),
        int(failed and origin == "budget"),
        int(failed and origin not in ("provider", "policy", "budget")),
        call.cost_nanousd or 0,
        int(call.cost_nanousd is None),
        call.input_tokens or 0,
        call.output_tokens or 0,
        call.cache_read_tokens or 0,
        call.cache_write_tokens or 0,
        call.reasoning_tokens or 0,
        cell_of(call.latency_ms or 0) if timed else 0,
    ]


def figures_of_correction(correction: CorrectionFacts) -> list[int]:
    """Return what a correction changes in CALL_SUMS; no latency."""
    before = correction.before_nanousd
    change = {
        "cost_nanousd": correction.after_nanousd - (before or 0),
        "unpriced_calls": -1 if before is None else 0,
    }
    return [*(change.get(name, 0) for name in CALL_SUMS), 0]


def figures_of_score(score: ScoreFacts) -> list[int]:
    """Return what one attempt adds to SCORE_SUMS, then nothing for a latency."""
    judged = score.score is not None
    units = round((score.score or 0.0) * SCORE_UNITS)
    return [
        1,
        int(score.accepted),
        score.cost_nanousd,
        int(judged),
        units if judged else 0,
        units * units if judged else 0,
        0,
    ]


def added(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Return the sums of two rows of figures."""
    return [a + b for a, b in zip(one, other, strict=True)]
