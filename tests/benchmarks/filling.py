"""Rows by the million, written by the database itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, CharField, Field, JSONField, Model, TextField

# As SQL: a moment, the type of a JSON column, an id, and one in the order of `at` and `number`.
AT = {
    "postgresql": "to_timestamp({seconds})",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', {seconds}, 'unixepoch')",
}
JSON = {"postgresql": "jsonb", "sqlite": "text"}
NEW_ID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
ID_AT = {
    "postgresql": "(lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint), 12, '0')"
    " || '70008000' || lpad(to_hex({number}), 12, '0'))::uuid",
    "sqlite": "printf('%012x70008000%012x',"
    " CAST((julianday({at}) - 2440587.5) * 86400000 AS INTEGER), {number})",
}
# A unique index that belongs to a constraint is dropped and made again as one.
INDEXES = {
    "postgresql": """
        SELECT CASE WHEN c.oid IS NULL THEN format('DROP INDEX %I', i.indexrelid::regclass)
               ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, c.conname)
               END,
               CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
               ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', i.indrelid::regclass,
                           c.conname, pg_get_constraintdef(c.oid)) END
        FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'u'
        WHERE NOT i.indisprimary AND i.indrelid::regclass::text IN ({tables})""",
    "sqlite": """
        SELECT 'DROP INDEX "' || name || '"', sql FROM sqlite_master
        WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({tables})""",
}


@contextmanager
def bare(*kinds: type[Model]) -> Iterator[Any]:
    """Yield a cursor that writes into tables without indexes, which are made afterwards.

    One transaction, in which PostgreSQL looks up no foreign key: what is written is known to fit.
    """
    tables = ", ".join(f"'{kind._meta.db_table}'" for kind in kinds)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute(INDEXES[connection.vendor].format(tables=tables))
        found = cursor.fetchall()
        for drop, _ in found:
            cursor.execute(drop)
        yield cursor
        for _, make in found:
            cursor.execute(make)


def insert(kind: type[Model], source: str, /, **columns: str) -> str:
    """Return what inserts a row for each of a source; what is not given is as small as can be."""
    for field in kind._meta.concrete_fields:
        name = str(field.column)
        if not (name in columns or field.null or field.primary_key):
            columns[name] = least(field)
    names, values = ", ".join(columns), ", ".join(columns.values())
    return f"INSERT INTO {kind._meta.db_table} ({names}) SELECT {values} {source}"


def least(field: Field[Any, Any]) -> str:
    """Return the smallest value of a field, as SQL."""
    if isinstance(field, JSONField):
        return "'[]'"
    if isinstance(field, BooleanField):
        return "false"
    return "''" if isinstance(field, CharField | TextField) else "0"


def case(number: str, texts: Sequence[str]) -> str:
    """Return one of the texts, in turn, as SQL."""
    whens = " ".join(f"WHEN {place} THEN '{text}'" for place, text in enumerate(texts))
    return f"CASE {number} % {len(texts)} {whens} END"
