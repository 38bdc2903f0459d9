"""Years, months and days between two dates, for picking one.

Invariant: whatever is asked for, each span offered has a day between the first and the last.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class Span:
    """A year, one of its months, or one of its days; None: all of them."""

    year: int
    month: int | None = None
    day: int | None = None


def asked_for(year: str | None, month: str | None, day: str | None) -> Span | None:
    """Return the span that an address names; None: none, or one that no calendar has."""
    given = takewhile(str.isdecimal, (part or "" for part in (year, month, day)))
    numbers = [int(part) for part in given]
    if not numbers:
        return None
    span = Span(*numbers)
    try:
        _first_day(span)
    except (ValueError, OverflowError):
        return None
    return span


def within(span: Span | None, first: date, last: date) -> list[Span]:
    """Return the spans one level below this one (None: the years) that are not empty.

    A level with one span only is passed over; a day has none below it.
    """
    if span is None:
        years = [Span(year) for year in range(first.year, last.year + 1)]
        return within(years[0], first, last) if len(years) == 1 else years
    if span.month is None:
        found = [Span(span.year, month) for month in range(1, 13)]
    elif span.day is None:
        days = monthrange(span.year, span.month)[1]
        found = [Span(span.year, span.month, day) for day in range(1, days + 1)]
    else:
        return []
    return [each for each in found if _first_day(each) <= last and _last_day(each) >= first]


def above(span: Span) -> Span | None:
    """Return the span one level up; None: all of time."""
    if span.day is not None:
        return Span(span.year, span.month)
    return None if span.month is None else Span(span.year)


def _first_day(span: Span) -> date:
    return date(span.year, span.month or 1, span.day or 1)


def _last_day(span: Span) -> date:
    month = span.month or 12
    return date(span.year, month, span.day or monthrange(span.year, month)[1])
