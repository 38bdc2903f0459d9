"""When a budget's period begins and ends, in the org's own time zone.

Invariant: the periods of one kind follow each other without gap or overlap, through every change
of the clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum


class PeriodKind(StrEnum):
    """How often a budget starts afresh; TOTAL never does."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time in UTC. `ends_at` is excluded; None: it never ends."""

    starts_at: datetime
    ends_at: datetime | None


def period_at(kind: PeriodKind, zone: tzinfo, now: datetime, since: datetime) -> Period:
    """Return the period that `now` lies in. A TOTAL one starts at `since`; weeks on Monday."""
    if kind is PeriodKind.TOTAL:
        return Period(since, None)
    today = now.astimezone(zone).date()
    if kind is PeriodKind.DAY:
        first, following = today, today + timedelta(days=1)
    elif kind is PeriodKind.WEEK:
        first = today - timedelta(days=today.weekday())
        following = first + timedelta(days=7)
    else:
        first = today.replace(day=1)
        # No month is longer than 31 days: 32 days on lies in the next one.
        following = (first + timedelta(days=32)).replace(day=1)
    return Period(_midnight(first, zone), _midnight(following, zone))


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return the first instant of a local day.

    Where clocks skip midnight, fold 0 reads it with the offset before the change, which is the
    instant of the change; where midnight comes twice, fold 0 is the first one.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
