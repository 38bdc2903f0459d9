"""Keeping the figures small and right: hours become days, and all can be rebuilt from calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet

from telemetry.core.histogram import from_bytes
from telemetry.core.rollup import added, day_of, first_kept_hour
from telemetry.core.totals import CALL_SUMS, SCORE_SUMS, SUMS
from telemetry.models import Call, CostCorrection, DailyRollup, HourlyRollup, Score, Series
from telemetry.services.rollup_rows import RowKey, add_rows
from telemetry.services.rollups import (
    Place,
    sums_of_calls,
    sums_of_corrections,
    sums_of_scores,
)
from telemetry.services.series import forget_series, series_ids

FOLD_AT_ONCE = 1_000
READ_AT_ONCE = 2_000

Zones = Mapping[int, tzinfo]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How much the figures were rebuilt from."""

    calls: int
    scores: int


def fold(now: datetime, zones: Zones, limit: int = FOLD_AT_ONCE) -> int:
    """Fold up to `limit` rows of hours that are past keeping into days; return how many.

    `zones` is the time zone of each organisation; one that is missing is at UTC. Cheap when there
    is nothing to fold, and safe beside others who do the same.
    """
    with transaction.atomic():
        rows = list(
            HourlyRollup.objects.select_for_update(
                skip_locked=connection.features.has_select_for_update_skip_locked
            )
            .filter(_past(now, zones))
            .order_by("org_id", "hour")[:limit]
            .values_list("pk", "org_id", "hour", "series_id", "latency", *SUMS)
        )
        if rows:
            _move(rows, zones)
    return len(rows)


def rebuild(zones: Zones, now: datetime) -> Rebuilt:
    """Replace all figures, demo apart, by what calls and scores say; in one transaction.

    Whoever records calls meanwhile waits until it is done.
    """
    with transaction.atomic():
        _keep_out_writers()
        _delete_figures(demo=False)
        calls = _rebuild(_real(Call), CALL_SUMS, sums_of_calls, zones, now)
        # Made-up calls have none.
        corrections = CostCorrection.objects.select_related("call")
        _rebuild(corrections, CALL_SUMS, sums_of_corrections, zones, now)
        scores = _rebuild(_real(Score), SCORE_SUMS, sums_of_scores, zones, now)
    return Rebuilt(calls, scores)


def add_corrections(corrections: Iterable[CostCorrection], zones: Zones, now: datetime) -> None:
    """Add what calls turned out to cost more, or less, to the figures of when they were made."""
    _add(sums_of_corrections(corrections), CALL_SUMS, zones, now)


def add_demo(calls: Iterable[Call], scores: Iterable[Score], zones: Zones, now: datetime) -> None:
    """Add made-up history to the figures, in series of its own that can be removed again."""
    with transaction.atomic():
        _add(sums_of_calls(calls), CALL_SUMS, zones, now, demo=True)
        _add(sums_of_scores(scores), SCORE_SUMS, zones, now, demo=True)


def remove_demo() -> None:
    """Remove all made-up history from the figures, and its calls and scores."""
    with transaction.atomic():
        _delete_figures(demo=True)
        Series.objects.filter(demo=True).delete()
        Score.objects.filter(demo=True).delete()
        Call.objects.filter(demo=True).delete()
    forget_series()


def _delete_figures(*, demo: bool) -> None:
    # By a plain list of series: a join, which `series__demo` would make of it, is a plan that
    # takes PostgreSQL minutes as long as it has not counted the rows of a new table.
    of = Series.objects.filter(demo=demo).values("pk")
    for table in (HourlyRollup, DailyRollup):
        table.objects.filter(series_id__in=of).delete()


def _past(now: datetime, zones: Zones) -> Q:
    """Say which hours are past keeping, with each time zone's own first hour."""
    by_hour: dict[int, list[int]] = {}
    for org_id, zone in zones.items():
        by_hour.setdefault(first_kept_hour(zone, now), []).append(org_id)
    past = ~Q(org_id__in=list(zones)) & Q(hour__lt=first_kept_hour(UTC, now))
    for hour, orgs in by_hour.items():
        past |= Q(org_id__in=orgs, hour__lt=hour)
    return past


def _move(rows: Sequence[tuple[Any, ...]], zones: Zones) -> None:
    days: dict[RowKey, Sequence[int]] = {}
    for _, org_id, hour, series_id, latency, *sums in rows:
        key = (org_id, day_of(hour, zones.get(org_id, UTC)), series_id)
        figures = [*sums, from_bytes(latency).cells]
        days[key] = added(days[key], figures) if key in days else figures
    add_rows(DailyRollup, SUMS, days)
    HourlyRollup.objects.filter(pk__in=[row[0] for row in rows]).delete()


def _keep_out_writers() -> None:
    """Let nobody add to figures until we are done; SQLite has one writer anyway.

    Who has recorded calls and not yet added them waits here, so that its calls, which we cannot
    see, are added after us; who has added them is waited for.
    """
    if connection.vendor != "postgresql":
        return
    tables = ", ".join(table._meta.db_table for table in (HourlyRollup, DailyRollup))
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")


def _real(table: type[Call] | type[Score]) -> QuerySet[Any]:
    return table.objects.filter(demo=False)


def _rebuild(
    source: QuerySet[Any],
    sums: tuple[str, ...],
    summed: Callable[[Iterable[Any]], dict[Place, list[int]]],
    zones: Zones,
    now: datetime,
) -> int:
    count = 0
    for chunk in _chunks(source):
        count += len(chunk)
        _add(summed(chunk), sums, zones, now)
    return count


def _add(
    found: Mapping[Place, Sequence[int]],
    sums: tuple[str, ...],
    zones: Zones,
    now: datetime,
    *,
    demo: bool = False,
) -> None:
    """Add figures to the hours that are kept, and to the days before."""
    ids = series_ids((series for series, _ in found), demo=demo)
    hours: dict[RowKey, Sequence[int]] = {}
    days: dict[RowKey, Sequence[int]] = {}
    for (series, hour), figures in found.items():
        zone = zones.get(series.org_id, UTC)
        kept = hour >= first_kept_hour(zone, now)
        rows = hours if kept else days
        key = (series.org_id, hour if kept else day_of(hour, zone), ids[series])
        rows[key] = added(rows[key], figures) if key in rows else figures
    add_rows(HourlyRollup, sums, hours)
    add_rows(DailyRollup, sums, days)


def _chunks(source: QuerySet[Any]) -> Iterator[list[Model]]:
    """Read a table by its key, never all at once."""
    rows = source.order_by("pk")
    chunk = list(rows[:READ_AT_ONCE])
    while chunk:
        yield chunk
        chunk = list(rows.filter(pk__gt=chunk[-1].pk)[:READ_AT_ONCE])
