"""Adding figures to rollup rows: one upsert for many rows, the same on every database.

Latencies are the exception, since no portable SQL adds histograms: the upsert returns them, and
under its locks they are written back with what came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection

from telemetry.core.histogram import Histogram, from_bytes
from telemetry.models import DailyRollup, HourlyRollup

# Organisation, hour or day, series: the unique key of both tables.
RowKey = tuple[int, int | date, int]
Table = type[HourlyRollup] | type[DailyRollup]
# SQLite takes 32,766 variables a statement, PostgreSQL 65,535; a row has 22 at most.
ROWS_A_STATEMENT = 500


def add_rows(
    table: Table,
    sums: tuple[str, ...],
    rows: Mapping[RowKey, Sequence[int]],
    *,
    fresh: bool = False,
) -> None:
    """Add figures (`sums` in order, then the cells of a histogram) to the rows of these keys.

    `fresh`: nobody has written any of these rows yet, so that latencies go in with the rest.
    """
    # Sorted, so that two workers lock the same rows in the same order.
    keys = sorted(rows)
    for start in range(0, len(keys), ROWS_A_STATEMENT):
        chunk = keys[start : start + ROWS_A_STATEMENT]
        if fresh:
            _insert(table, sums, chunk, rows)
        else:
            _add(table, sums, chunk, rows)


def _add(
    table: Table,
    sums: tuple[str, ...],
    keys: Sequence[RowKey],
    rows: Mapping[RowKey, Sequence[int]],
) -> None:
    values: list[Any] = []
    for key in keys:
        values += key
        values += rows[key][:-1]
    with connection.cursor() as cursor:
        cursor.execute(_upsert(table, sums, len(keys)), values)
        stored = cursor.fetchall()
        timed = [
            (_sum(latency, cells), pk)
            for pk, org, bucket, series, latency in stored
            if (cells := rows[org, _bucket(bucket), series][-1])
        ]
        if timed:
            cursor.executemany(_set_latency(table), timed)


def _insert(
    table: Table,
    sums: tuple[str, ...],
    keys: Sequence[RowKey],
    rows: Mapping[RowKey, Sequence[int]],
) -> None:
    name = bucket_of(table)
    make: Any = table
    make.objects.bulk_create(
        make(
            org_id=key[0],
            series_id=key[2],
            latency=Histogram(rows[key][-1]).to_bytes() or None,
            **{name: key[1]},
            **dict(zip(sums, rows[key], strict=False)),
        )
        for key in keys
    )


def bucket_of(table: Table) -> str:
    """Return the column that tells the time of a table's rows."""
    return "hour" if table is HourlyRollup else "day"


def _sum(stored: bytes | None, cells: int) -> bytes:
    return (from_bytes(stored) + Histogram(cells)).to_bytes()


def _bucket(value: int | date | str) -> int | date:
    """Return an hour or day as it was given; SQLite returns a raw day as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


@lru_cache(maxsize=256)
def _upsert(table: Table, sums: tuple[str, ...], count: int) -> str:
    """Return the statement for so many rows.

    Raw, because the ORM's upsert can replace a column by the new value, not add to it.
    """
    name = table._meta.db_table
    key = ("org_id", bucket_of(table), "series_id")
    row = f"({', '.join(['%s'] * (len(key) + len(sums)))})"
    added = ", ".join(f"{column} = {name}.{column} + excluded.{column}" for column in sums)
    return (
        f"INSERT INTO {name} ({', '.join((*key, *sums))}) "  # noqa: S608
        f"VALUES {', '.join([row] * count)} "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added} "
        f"RETURNING id, {', '.join(key)}, latency"
    )


@lru_cache
def _set_latency(table: Table) -> str:
    return f"UPDATE {table._meta.db_table} SET latency = %s WHERE id = %s"  # noqa: S608
