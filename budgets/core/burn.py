"""How fast a budget is spent, and where that leads by the end of its period.

Invariant: spent <= low <= projected <= high; no date is named on less than three days of history.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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

    `per_day_nanousd` is the mean of the pace of the week and that of the last 24 hours.
    `runs_out_at` None: not within the period; `may_run_out_at` is when the upper end of the
    interval reaches the limit. A period without an end has no projection.
    """

    outlook: Outlook
    per_day_nanousd: int | None = None
    projected_nanousd: int | None = None
    low_nanousd: int | None = None
    high_nanousd: int | None = None
    runs_out_at: datetime | None = None
    may_run_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LaterLimit:
    """What the limit falls to when a raise expires."""

    starts_at: datetime
    limit_nanousd: int


def burn_of(
    daily_nanousd: Sequence[int],
    *,
    spent_nanousd: int,
    limit_nanousd: int,
    now: datetime,
    ends_at: datetime | None,
    last_day_nanousd: int | None = None,
    later: Sequence[LaterLimit] = (),
) -> Burn:
    """Judge a budget by its last whole days, the oldest first, none before money first moved.

    `last_day_nanousd` is what the last 24 hours cost (None: as the week), `later` what the limit
    falls to, in order. At risk: the upper end of an 80 % interval lies above the last limit.
    """
    days = daily_nanousd[-HISTORY_DAYS:]
    if spent_nanousd >= limit_nanousd:
        return Burn(Outlook.SPENT)
    if len(days) < MIN_DAYS:
        return Burn(Outlook.TOO_SOON)
    pace = _pace(days, last_day_nanousd)
    if not pace.rate:
        return Burn(Outlook.STALE, per_day_nanousd=0)
    limits = _limits(limit_nanousd, later, now, ends_at)
    runs_out_at = _meets(lambda left: spent_nanousd + pace.rate * left, limits, now)
    if ends_at is None:
        outlook = Outlook.WITHIN if runs_out_at is None else Outlook.OVERRUN
        return Burn(outlook, round(pace.rate), runs_out_at=runs_out_at)
    left = max(ends_at - now, timedelta()) / _DAY
    more, reach = pace.rate * left, pace.reach(left)
    may = _meets(lambda left: spent_nanousd + pace.rate * left + pace.reach(left), limits, now)
    outlook = Outlook.AT_RISK if may is not None else Outlook.WITHIN
    return Burn(
        Outlook.OVERRUN if runs_out_at is not None else outlook,
        round(pace.rate),
        spent_nanousd + round(more),
        spent_nanousd + round(max(0.0, more - reach)),
        spent_nanousd + round(more + reach),
        runs_out_at,
        may,
    )


@dataclass(frozen=True, slots=True)
class _Pace:
    """Nano-dollars a day, how much days differ, and how unsure the mean itself is."""

    rate: float
    spread: float
    doubt: float

    def reach(self, days: float) -> float:
        """Return half of the interval of what that many days will cost."""
        return _Z * math.sqrt(self.spread**2 * days + self.doubt**2 * days**2)


def _pace(days: Sequence[int], last_day: int | None) -> _Pace:
    week = sum(days) / len(days)
    latest = week if last_day is None else float(last_day)
    spread = math.sqrt(sum((day - week) ** 2 for day in days) / (len(days) - 1))
    # That the two disagree is one more thing not known.
    doubt = math.hypot(spread / math.sqrt(len(days)), (latest - week) / 2)
    return _Pace((week + latest) / 2, spread, doubt)


def _limits(
    limit_nanousd: int, later: Sequence[LaterLimit], now: datetime, ends_at: datetime | None
) -> list[tuple[datetime, datetime, int]]:
    """Return each stretch of time until the end, with the limit that holds in it."""
    # Where no end is set, a date beyond a year is no warning any more.
    end = now + timedelta(days=365) if ends_at is None else ends_at
    starts = [(now, limit_nanousd), *((one.starts_at, one.limit_nanousd) for one in later)]
    stops = [*(start for start, _ in starts[1:]), end]
    return [
        (start, min(stop, end), limit)
        for (start, limit), stop in zip(starts, stops, strict=True)
        if start < end
    ]


def _meets(
    spent_after: Callable[[float], float],
    limits: Sequence[tuple[datetime, datetime, int]],
    now: datetime,
) -> datetime | None:
    """Return when rising spending first meets the limit; None: not before the end."""
    for start, stop, limit in limits:
        low, high = (start - now) / _DAY, (stop - now) / _DAY
        if spent_after(low) >= limit:
            return start
        if spent_after(high) <= limit:
            continue
        for _ in range(48):  # to less than a millisecond in a century
            middle = (low + high) / 2
            low, high = (low, middle) if spent_after(middle) >= limit else (middle, high)
        return now + timedelta(seconds=round(high * 86_400))
    return None
