"""How fast a budget is spent, and where that leads by the end of its period.

Invariant: spent <= low <= projected <= high; no date is named on less than three days of history.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A week, so that working days and weekends stand in it as they do in a month.
HISTORY_DAYS = 7
MIN_DAYS = 3
_DAY = timedelta(days=1)
# Half of an 80 % interval in standard deviations. Source: normal quantile at 0.9.
_Z = 1.2816


class Outlook(StrEnum):
    """What to expect of a budget."""

    SPENT = "spent"
    OVERRUN = "overrun"
    AT_RISK = "at_risk"
    WITHIN = "within"
    STALE = "stale"
    TOO_SOON = "insufficient_history"


@dataclass(frozen=True, slots=True)
class Burn:
    """Hold the outlook; amounts are for the end of the period, and None where it is too soon.

    `runs_out_at` None: not within the period. A period without an end has no projection.
    """

    outlook: Outlook
    per_day_nanousd: int | None = None
    projected_nanousd: int | None = None
    low_nanousd: int | None = None
    high_nanousd: int | None = None
    runs_out_at: datetime | None = None


def burn_of(
    daily_nanousd: Sequence[int],
    *,
    spent_nanousd: int,
    limit_nanousd: int,
    now: datetime,
    ends_at: datetime | None,
) -> Burn:
    """Judge a budget by its last whole days, the oldest first, none before money first moved.

    At risk: the upper end of an 80 % interval lies above the limit.
    """
    days = daily_nanousd[-HISTORY_DAYS:]
    if spent_nanousd >= limit_nanousd:
        return Burn(Outlook.SPENT)
    if len(days) < MIN_DAYS:
        return Burn(Outlook.TOO_SOON)
    rate = sum(days) / len(days)
    if not rate:
        return Burn(Outlook.STALE, per_day_nanousd=0)
    runs_out_at = _runs_out(limit_nanousd - spent_nanousd, rate, now, ends_at)
    if ends_at is None:
        outlook = Outlook.WITHIN if runs_out_at is None else Outlook.OVERRUN
        return Burn(outlook, round(rate), runs_out_at=runs_out_at)
    left = max(ends_at - now, timedelta()) / _DAY
    more, reach = rate * left, _Z * _spread(days, rate) * math.sqrt(left + left**2 / len(days))
    high = spent_nanousd + round(more + reach)
    outlook = Outlook.AT_RISK if high > limit_nanousd else Outlook.WITHIN
    return Burn(
        Outlook.OVERRUN if runs_out_at is not None else outlook,
        round(rate),
        spent_nanousd + round(more),
        spent_nanousd + round(max(0.0, more - reach)),
        high,
        runs_out_at,
    )


def _runs_out(
    free_nanousd: int, rate: float, now: datetime, ends_at: datetime | None
) -> datetime | None:
    days = free_nanousd / rate
    # Where no end is set, a date beyond a year is no warning any more.
    left = timedelta(days=365) if ends_at is None else ends_at - now
    return now + timedelta(days=days) if days < left / _DAY else None


def _spread(days: Sequence[int], mean: float) -> float:
    return math.sqrt(sum((day - mean) ** 2 for day in days) / (len(days) - 1))
