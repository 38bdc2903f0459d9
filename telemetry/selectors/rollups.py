"""Figures of any series over any time, from rollups alone, in two or three queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.db.models import DateField, F, IntegerField, QuerySet, Sum, Value

from telemetry.core.histogram import Histogram, cells_in
from telemetry.core.rollup import day_of
from telemetry.core.scope import Span, Where
from telemetry.core.totals import SUMS, Totals
from telemetry.models import DailyRollup, HourlyRollup, Series

# What figures can be grouped by; at most one of the times.
NAMES = ("org_id", "team_id", "provider", "model", "task_type", "phase", "outcome")
DAY, HOUR = "day", "hour"
Place = tuple[Any, ...]
_TIMES = ("at_hour", "at_day")


class TooManyGroups(Exception):
    """There are more groups than were wanted."""


def totals(
    where: Where,
    span: Span,
    group_by: Sequence[str] = (),
    *,
    sums: Sequence[str] = SUMS,
    timed: bool = True,
    most: int | None = None,
) -> dict[Place, Totals]:
    """Return the figures of each group: its values in the order of `group_by`.

    A day is a date, an hour a number as in `Span`. `sums` and `timed` leave out what nobody reads.
    Raises: TooManyGroups, as soon as there are more than `most`; None: as many as there are.
    """
    names = [name for name in group_by if name not in (DAY, HOUR)]
    place_of = _Placing(group_by, span)
    found: dict[Place, list[int]] = {}
    summed = partial(_summed, names=names, sums=sums)
    for row in _union(summed, where, span, group_by):
        place, figures = place_of(row[1:], len(names))
        known = found.setdefault(place, [0] * (len(sums) + 1))
        for column, value in enumerate(figures):
            known[column] += value
        if most is not None and len(found) > most:
            raise TooManyGroups(f"more than {most}")
    for place, cells in _latencies(where, span, group_by, names, place_of) if timed else ():
        found.setdefault(place, [0] * (len(sums) + 1))[-1] += cells
    return {
        place: Totals(**dict(zip(sums, figures, strict=False)), latency=Histogram(figures[-1]))
        for place, figures in found.items()
    }


def count_groups(where: Where, span: Span, names: Sequence[str]) -> int:
    """Return how many groups `totals` would return, without their figures."""
    tables = [table for table in _tables(where, span) if table is not None]
    if not names:
        return int(any(table.exists() for table in tables))
    keys = [f"series__{name}" for name in names]
    first, *more = (table.order_by().values_list(*keys).distinct() for table in tables)
    return first.union(*more).count() if more else first.count()


def _latencies(
    where: Where, span: Span, group_by: Sequence[str], names: Sequence[str], place_of: _Placing
) -> Iterator[tuple[Place, int]]:
    """Yield the latencies of every row, which no SQL can add up, by the row's group.

    The names come once a series, not once a row: there are some thousands of rows.
    """
    cells: dict[tuple[Any, ...], int] = {}
    for *key, latency in _union(_timed, where, span, group_by):
        place = tuple(key)
        cells[place] = cells.get(place, 0) + cells_in(latency)
    series = Series.objects.filter(**_chosen(where)).values_list("pk", *names)
    names_of = {pk: rest for pk, *rest in series}
    for (series_id, *times), sum_of_cells in cells.items():
        if series_id in names_of:  # else it was removed meanwhile
            yield place_of([*times, *names_of[series_id]], len(names))[0], sum_of_cells


class _Placing:
    """Find the group of a row: its names in order, and its time where it is asked for."""

    def __init__(self, group_by: Sequence[str], span: Span) -> None:
        self._at = next((n for n, name in enumerate(group_by) if name in (DAY, HOUR)), None)
        self._zone = span.zone if DAY in group_by else None
        self._days: dict[int, date] = {}

    def __call__(self, row: Sequence[Any], names: int) -> tuple[Place, Sequence[Any]]:
        """Return the group of a row, and what is left of it.

        A row begins with hour and day where they are asked for, then has so many names.
        """
        if self._at is None:
            return tuple(row[:names]), row[names:]
        named = row[2 : names + 2]
        time = self._time(row[0], row[1])
        return (*named[: self._at], time, *named[self._at :]), row[names + 2 :]

    def _time(self, at_hour: int | None, at_day: date | None) -> int | date | None:
        if self._zone is None or at_hour is None:
            return at_hour if at_day is None else at_day
        if at_hour not in self._days:
            self._days[at_hour] = day_of(at_hour, self._zone)
        return self._days[at_hour]


def _chosen(where: Where, prefix: str = "") -> dict[str, Any]:
    """Return what filters series, or, with a prefix, what belongs to them."""
    wanted = {
        "provider": where.providers,
        "model": where.models,
        "task_type": where.task_types,
        "phase": where.phases,
        "outcome": where.outcomes,
    }
    named = {name: some for name, some in wanted.items() if some}
    tenant = {"org_id": where.org_ids, "team_id": where.team_ids}
    return {f"{prefix}{name}__in": values for name, values in (tenant | named).items()}


def _union(
    read: Callable[[QuerySet[Any], Sequence[str]], QuerySet[Any, Any]],
    where: Where,
    span: Span,
    group_by: Sequence[str],
) -> Iterable[tuple[Any, ...]]:
    """Read both tables in one statement: hours that become days meanwhile count once."""
    hours, days = _tables(where, span)
    times = _TIMES if DAY in group_by or HOUR in group_by else ()
    if days is None:
        return read(hours, times).iterator(2_000)
    return read(hours, times).union(read(days, times), all=True).iterator(2_000)


def _tables(where: Where, span: Span) -> tuple[QuerySet[Any], QuerySet[Any] | None]:
    """Return the hours and the days asked for; None: hours only."""
    # By the row's own organisation, too: with it the index begins.
    mine = {"org_id__in": where.org_ids} | _chosen(where, "series__")
    hours = HourlyRollup.objects.filter(
        **mine, hour__gte=span.first_hour, hour__lt=span.end_hour
    ).annotate(at_hour=F("hour"), at_day=Value(None, DateField()))
    if span.days is None:
        return hours, None
    days = DailyRollup.objects.filter(**mine, day__range=span.days).annotate(
        at_hour=Value(None, IntegerField()), at_day=F("day")
    )
    return hours, days


def _summed(
    rows: QuerySet[Any], times: Sequence[str], names: Sequence[str], sums: Sequence[str]
) -> QuerySet[Any, Any]:
    # Grouped by organisation in any case: without a group SQL answers a row for no rows.
    keys = ("org_id", *times, *(f"series__{name}" for name in names))
    grouped = rows.order_by().values_list(*keys)
    summed: QuerySet[Any, Any] = grouped.annotate(*(Sum(name) for name in sums))
    return summed


def _timed(rows: QuerySet[Any], times: Sequence[str]) -> QuerySet[Any, Any]:
    timed = rows.order_by().filter(latency__isnull=False)
    return timed.values_list("series_id", *times, "latency")
