"""Figures of any series over any time, from rollups alone, in two or three queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from django.db.models import DateField, F, IntegerField, QuerySet, Sum, Value

from telemetry.core.histogram import Histogram, cells_in
from telemetry.core.rollup import day_of
from telemetry.core.totals import SUMS, Totals
from telemetry.models import DailyRollup, HourlyRollup, Series

# What figures can be grouped by; at most one of the times.
NAMES = ("org_id", "team_id", "provider", "model", "task_type", "phase", "outcome")
DAY, HOUR = "day", "hour"
Place = tuple[Any, ...]
_KEYS = ("series_id", "at_hour", "at_day")


@dataclass(frozen=True, slots=True)
class Where:
    """Say which series count: of the organisations and teams named; elsewhere empty means all."""

    org_ids: tuple[int, ...]
    team_ids: tuple[int, ...]
    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    task_types: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Say when: hours from `first_hour` to before `end_hour`, and `days`, both included.

    Hours count from the start of 1970 in UTC. `days` None: hours only. `zone` tells to which day
    an hour belongs that has not been folded into one.
    """

    first_hour: int
    end_hour: int
    zone: tzinfo
    days: tuple[date, date] | None = None


def totals(
    where: Where,
    span: Span,
    group_by: Sequence[str] = (),
    *,
    sums: Sequence[str] = SUMS,
    timed: bool = True,
) -> dict[Place, Totals]:
    """Return the figures of each group: its values in the order of `group_by`.

    A day is a date, an hour a number as in `Span`. `sums` and `timed` leave out what nobody reads.
    """
    chosen = _series(where)
    place_of = _Placing(chosen, group_by, span)
    found: dict[Place, list[int]] = {}
    for place, figures in place_of.each(_union(_summed, where, span, chosen, group_by, sums)):
        known = found.setdefault(place, [0] * (len(sums) + 1))
        for column, value in enumerate(figures):
            known[column] += value
    if timed:
        for place, (latency,) in place_of.each(_union(_timed, where, span, chosen, group_by, ())):
            known = found.setdefault(place, [0] * (len(sums) + 1))
            known[-1] += cells_in(latency)
    return {
        place: Totals(**dict(zip(sums, figures, strict=False)), latency=Histogram(figures[-1]))
        for place, figures in found.items()
    }


class _Placing:
    """Find the group of each row that was read."""

    def __init__(self, chosen: QuerySet[Series], group_by: Sequence[str], span: Span) -> None:
        names = [name for name in group_by if name not in (DAY, HOUR)]
        self._names = {pk: tuple(rest) for pk, *rest in chosen.values_list("pk", *names)}
        self._at = next((n for n, name in enumerate(group_by) if name in (DAY, HOUR)), None)
        self._days: dict[int, date] = {}
        self._zone = span.zone if DAY in group_by else None

    def each(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Place, Sequence[Any]]]:
        """Yield the group of each row, and the row without what tells its group."""
        names_of = self._names.get
        for series_id, hour, day, *rest in rows:
            names = names_of(series_id)
            if names is None:
                continue  # made after the series were read
            if self._at is not None:
                names = (*names[: self._at], self._time(hour, day), *names[self._at :])
            yield names, rest

    def _time(self, hour: int | None, day: date | None) -> int | date | None:
        if self._zone is None or hour is None:
            return hour if day is None else day
        if hour not in self._days:
            self._days[hour] = day_of(hour, self._zone)
        return self._days[hour]


def _series(where: Where) -> QuerySet[Series]:
    wanted = {"org_id__in": where.org_ids, "team_id__in": where.team_ids}
    others = {
        "provider__in": where.providers,
        "model__in": where.models,
        "task_type__in": where.task_types,
        "phase__in": where.phases,
        "outcome__in": where.outcomes,
    }
    return Series.objects.filter(**wanted, **{key: some for key, some in others.items() if some})


def _union(
    read: Callable[..., QuerySet[Any, Any]],
    where: Where,
    span: Span,
    chosen: QuerySet[Series],
    group_by: Sequence[str],
    sums: Sequence[str],
) -> Iterable[tuple[Any, ...]]:
    """Read both tables in one statement: hours that become days meanwhile count once."""
    mine = {"org_id__in": where.org_ids, "series__in": chosen.values("pk")}
    by_time = DAY in group_by or HOUR in group_by
    hours = HourlyRollup.objects.filter(
        **mine, hour__gte=span.first_hour, hour__lt=span.end_hour
    ).annotate(
        at_hour=F("hour") if by_time else Value(None, IntegerField()),
        at_day=Value(None, DateField()),
    )
    if span.days is None:
        return read(hours, sums).iterator(2_000)
    days = DailyRollup.objects.filter(**mine, day__range=span.days).annotate(
        at_hour=Value(None, IntegerField()),
        at_day=F("day") if by_time else Value(None, DateField()),
    )
    return read(hours, sums).union(read(days, sums), all=True).iterator(2_000)


def _summed(rows: QuerySet[Any], sums: Sequence[str]) -> QuerySet[Any, Any]:
    summed: QuerySet[Any, Any] = rows.order_by().values_list(*_KEYS)
    return summed.annotate(*(Sum(name) for name in sums))


def _timed(rows: QuerySet[Any], sums: Sequence[str]) -> QuerySet[Any, Any]:
    return rows.order_by().filter(latency__isnull=False).values_list(*_KEYS, "latency")
