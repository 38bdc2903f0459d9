"""A stretch of time as charts show it: in hours or in local days, never too many of them.

Invariant: a window has at least one bucket and at most MAX_BUCKETS, and none begins after now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

from telemetry.core.rollup import SECONDS_PER_HOUR, first_hour_of, first_kept_hour, hour_of
from telemetry.core.scope import Span

MAX_BUCKETS: Final = 400
MAX_HOURS: Final = 48
# What can be chosen by name: how many hours, or days with today as the last.
HOURS: Final = MappingProxyType({"24h": 24, "48h": 48})
DAYS: Final = MappingProxyType({"7d": 7, "30d": 30, "90d": 90, "365d": 365})
DEFAULT_RANGE: Final = "7d"
Moment = date | datetime
# Far enough for any history, and near enough for every time zone to reckon with.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100


class InvalidRange(ValueError):
    """Tell that no window can be made of what was asked for, by which field, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class Window:
    """Hold whole hours, or whole local days, the last of which may still be going on.

    `first` and `last` are both included: hours from the start of 1970 in UTC, or days.
    """

    first: int | date
    last: int | date
    zone: tzinfo
    now: datetime

    @property
    def by_hour(self) -> bool:
        """Tell whether its buckets are hours."""
        return isinstance(self.first, int)

    @property
    def buckets(self) -> tuple[int | date, ...]:
        """Return every bucket, the oldest first."""
        if isinstance(self.first, int) and isinstance(self.last, int):
            return tuple(range(self.first, self.last + 1))
        return tuple(_day(self.first) + timedelta(days=n) for n in range(self._days))

    @property
    def starts_at(self) -> datetime:
        """Return when it begins, in UTC."""
        return moment_of(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        """Return the end of its last bucket, or now where that is still going on."""
        after = self.last + 1 if isinstance(self.last, int) else self.last + timedelta(days=1)
        return min(moment_of(after, self.zone), self.now)

    @property
    def is_unfinished(self) -> bool:
        """Tell whether its last bucket is still going on."""
        return self.ends_at == self.now

    @property
    def span(self) -> Span:
        """Return it as those who read figures want it."""
        if isinstance(self.first, int) and isinstance(self.last, int):
            return Span(self.first, self.last + 1, self.zone)
        first, last = _day(self.first), _day(self.last)
        after = first_hour_of(last + timedelta(days=1), self.zone)
        return Span(first_hour_of(first, self.zone), after, self.zone, (first, last))

    @property
    def previous(self) -> Window | None:
        """Return the window of the same length before it; None: its hours are kept no more."""
        if isinstance(self.first, int) and isinstance(self.last, int):
            start = self.first - (self.last - self.first + 1)
            if start < first_kept_hour(self.zone, self.now):
                return None
            return Window(start, self.first - 1, self.zone, self.now)
        length = timedelta(days=self._days)
        first = _day(self.first)
        return Window(first - length, first - timedelta(days=1), self.zone, self.now)

    @property
    def _days(self) -> int:
        return (_day(self.last) - _day(self.first)).days + 1


def named_window(name: str, zone: tzinfo, now: datetime) -> Window:
    """Return the window of a name. Raises: InvalidRange for one that does not exist."""
    if name in HOURS:
        last = hour_of(now)
        return Window(last - HOURS[name] + 1, last, zone, now)
    if name in DAYS:
        today = now.astimezone(zone).date()
        return Window(today - timedelta(days=DAYS[name] - 1), today, zone, now)
    raise InvalidRange("range", f"A range is one of {', '.join((*HOURS, *DAYS))}.")


def window_between(
    start: Moment | None, end: Moment | None, zone: tzinfo, now: datetime, *, hours: bool = False
) -> Window:
    """Return the window that holds everything from start to end; a day as end is included.

    Buckets are hours where it is short and recent, or where `hours` asks for them. An end that is
    missing or still to come is now; a start that is missing lies a default range before the end.
    Raises: InvalidRange.
    """
    end_at = min(_end(end, zone), now) if end is not None else now
    start_at = _start(start, end_at, zone, hours=hours)
    if start_at >= end_at:
        raise InvalidRange("from", "The range must begin before it ends, and before now.")
    if hours or _is_short(start_at, end_at, zone, now):
        return _hours_between(start_at, end_at, zone, now)
    return _days_between(start_at, end_at, zone, now)


def moment_of(bucket: int | date, zone: tzinfo) -> datetime:
    """Return when an hour or a local day begins, in UTC."""
    if isinstance(bucket, int):
        return datetime.fromtimestamp(bucket * SECONDS_PER_HOUR, UTC)
    return datetime.combine(bucket, time(), zone).astimezone(UTC)


def _hours_between(start: datetime, end: datetime, zone: tzinfo, now: datetime) -> Window:
    first, last = hour_of(start), hour_of(_before(end))
    kept = first_kept_hour(zone, now)
    if first < kept:
        since = moment_of(kept, zone).isoformat().replace("+00:00", "Z")
        raise InvalidRange("from", f"Hours are kept since {since}; ask for days before that.")
    return Window(first, last, zone, now)


def _days_between(start: datetime, end: datetime, zone: tzinfo, now: datetime) -> Window:
    first, last = start.astimezone(zone).date(), _before(end).astimezone(zone).date()
    if (last - first).days >= MAX_BUCKETS:
        raise InvalidRange("from", f"A range holds at most {MAX_BUCKETS} days.")
    return Window(first, last, zone, now)


def _is_short(start: datetime, end: datetime, zone: tzinfo, now: datetime) -> bool:
    kept = hour_of(start) >= first_kept_hour(zone, now)
    return kept and end - start <= timedelta(hours=MAX_HOURS)


def _start(start: Moment | None, end: datetime, zone: tzinfo, *, hours: bool) -> datetime:
    if start is None:
        return end - (timedelta(hours=23) if hours else timedelta(days=DAYS[DEFAULT_RANGE] - 1))
    _check(start, "from")
    return start if isinstance(start, datetime) else moment_of(start, zone)


def _end(end: Moment, zone: tzinfo) -> datetime:
    _check(end, "to")
    return end if isinstance(end, datetime) else moment_of(end + timedelta(days=1), zone)


def _check(moment: Moment, field: str) -> None:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InvalidRange(field, f"A year is between {FIRST_YEAR} and {LAST_YEAR}.")


def _before(end: datetime) -> datetime:
    return end - timedelta(microseconds=1)


def _day(bucket: int | date) -> date:
    assert not isinstance(bucket, int)  # a window is of one kind throughout
    return bucket
