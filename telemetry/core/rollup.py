"""What a call or a score adds to the figures of its series, and what figures say together.

Invariant: figures are whole numbers, so that adding them in any order gives the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

from telemetry.core.histogram import cell_of

CALL_SUMS = (
    "calls",
    "errors_provider",
    "errors_policy",
    "errors_budget",
    "errors_us",
    "cost_nanousd",
    "unpriced_calls",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
SCORE_SUMS = (
    "attempts",
    "accepted",
    "attempt_cost_nanousd",
    "score_n",
    "score_sum_e4",
    "score_sumsq_e8",
)
SUMS = (*CALL_SUMS, *SCORE_SUMS)
# Scores are added up in ten-thousandths: floats would come out differently in another order.
SCORE_UNITS = 10_000
SECONDS_PER_HOUR = 3600
# An attempt is no call: its series has no outcome, and so no row in common with calls'.
SCORED_PHASE = "generation"
_ERROR = "error"
# What answered from a cache, or was never sent, tells nothing of a model's latency.
_UNTIMED = ("cached", "released")
# Source: Student's t, 97.5 % quantile, by degrees of freedom from 1 (NIST/SEMATECH e-Handbook of
# Statistical Methods, 1.3.6.7.2).
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_T_OF_MANY = 1.960


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


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold a mean with the ends of its 95 % interval; they are None where n < 2."""

    mean: float
    n: int
    low: float | None
    high: float | None


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


def interval_of_scores(n: int, sum_e4: int, sumsq_e8: int) -> Interval | None:
    """Return the mean score with its 95 % interval, within [0, 1]; None: there is no score."""
    if n == 0:
        return None
    mean = sum_e4 / n / SCORE_UNITS
    if n == 1:
        return Interval(mean, 1, None, None)
    # Whole numbers until here: the difference of two large floats would lose the variance.
    spread = (n * sumsq_e8 - sum_e4 * sum_e4) / (n * (n - 1)) / SCORE_UNITS**2
    half = _t(n - 1) * math.sqrt(max(spread, 0.0) / n)
    return Interval(mean, n, max(0.0, mean - half), min(1.0, mean + half))


def _t(degrees: int) -> float:
    return _T[degrees - 1] if degrees <= len(_T) else _T_OF_MANY
