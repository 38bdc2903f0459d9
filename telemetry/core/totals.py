"""What the figures of any series over any time say: sums, means with intervals, ratios.

Invariant: what was not observed is None, never zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from telemetry.core.histogram import Histogram

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
_FIELDS = (*SUMS, "latency")
# Scores are added up in ten-thousandths: floats would come out differently in another order.
SCORE_UNITS = 10_000
# Source: Student's t, 97.5 % quantile, by degrees of freedom from 1 (NIST/SEMATECH e-Handbook of
# Statistical Methods, 1.3.6.7.2).
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_T_OF_MANY = 1.960
_UNTIMED = Histogram()


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold a mean with the ends of its 95 % interval; they are None where n < 2."""

    mean: float
    n: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Hold the sums of some series over some time, and the latencies of their calls."""

    calls: int = 0
    errors_provider: int = 0
    errors_policy: int = 0
    errors_budget: int = 0
    errors_us: int = 0
    cost_nanousd: int = 0
    unpriced_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    attempts: int = 0
    accepted: int = 0
    attempt_cost_nanousd: int = 0
    score_n: int = 0
    score_sum_e4: int = 0
    score_sumsq_e8: int = 0
    latency: Histogram = _UNTIMED

    @property
    def errors(self) -> int:
        """Return the calls that failed, whoever's fault it was."""
        return self.errors_provider + self.errors_policy + self.errors_budget + self.errors_us

    @property
    def known_cost_nanousd(self) -> int | None:
        """Return what the calls of known price cost; None: there are only others."""
        return None if self.calls and self.calls == self.unpriced_calls else self.cost_nanousd

    @property
    def score(self) -> Interval | None:
        """Return the mean score with its 95 % interval; None: there is no score."""
        return interval_of_scores(self.score_n, self.score_sum_e4, self.score_sumsq_e8)

    @property
    def cost_per_accepted_nanousd(self) -> int | None:
        """Return what one accepted task took, failed attempts included; None: none was."""
        return -(-self.attempt_cost_nanousd // self.accepted) if self.accepted else None

    @property
    def success_ratio(self) -> float | None:
        """Return the share of attempts that were accepted; None: there was no attempt."""
        return self.accepted / self.attempts if self.attempts else None

    @property
    def error_ratio(self) -> float | None:
        """Return the share of calls that failed; None: there was no call."""
        return self.errors / self.calls if self.calls else None

    def latency_ms(self, *shares: float) -> tuple[float | None, ...]:
        """Return latencies that these shares of the calls do not exceed; None: none was timed."""
        return self.latency.quantiles(*shares)

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, name) + getattr(other, name) for name in _FIELDS))


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
