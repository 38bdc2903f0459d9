"""Triggers by which the database itself refuses to change or delete what is kept for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True)
class Kept:
    """Say how one table is kept.

    `keys` are the columns by which a row could be replaced by another. `fixed` are those that
    never change; empty: none does. `removable` is a column that is true of rows which may be
    deleted all the same; empty: there are none.
    """

    keys: tuple[tuple[str, ...], ...] = (("id",),)
    fixed: tuple[str, ...] = ()
    removable: str = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """Guards some tables; `function` is what their triggers run on PostgreSQL."""

    function: str
    tables: Mapping[str, Kept]

    def guard(self, connection: BaseDatabaseWrapper) -> None:
        """Have the database refuse UPDATE, DELETE and whatever amounts to them.

        Again does no harm. A migration that makes SQLite copy one of the tables must call this
        again: the copy has none; so must one that adds a table.
        """
        tables = self._present(connection)
        make = _on_sqlite if connection.vendor == "sqlite" else self._on_postgresql
        _run(connection, [*self._lifting(connection.vendor, tables), *make(tables)])

    def lift(self, connection: BaseDatabaseWrapper) -> None:
        """Take the triggers away: to undo a migration, and to empty a test's database."""
        _run(connection, self._lifting(connection.vendor, self._present(connection)))

    def is_guarded(self, connection: BaseDatabaseWrapper | None = None) -> bool:
        """Tell whether all triggers are there."""
        connection = connection or connections["default"]
        wanted = {f"{table}_{what}" for table in self.tables for what in _names(connection.vendor)}
        query = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
            "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')",
        }[connection.vendor]
        with connection.cursor() as cursor:
            cursor.execute(query)
            return wanted <= {name for (name,) in cursor.fetchall()}

    def migrate_guard(self, apps: Any, schema_editor: Any) -> None:
        self.guard(schema_editor.connection)

    def migrate_lift(self, apps: Any, schema_editor: Any) -> None:
        self.lift(schema_editor.connection)

    def _present(self, connection: BaseDatabaseWrapper) -> dict[str, Kept]:
        """Return the tables that are there: a migration sees those that were made before it."""
        there = set(connection.introspection.table_names())
        return {table: kept for table, kept in self.tables.items() if table in there}

    def _lifting(self, vendor: str, tables: Mapping[str, Kept]) -> list[str]:
        found = []
        for table in tables:
            on = "" if vendor == "sqlite" else f" ON {table}"
            found += [f"DROP TRIGGER IF EXISTS {table}_{what}{on}" for what in _names(vendor)]
        return (
            found if vendor == "sqlite" else [*found, f"DROP FUNCTION IF EXISTS {self.function}()"]
        )

    def _on_postgresql(self, tables: Mapping[str, Kept]) -> list[str]:
        statements = [
            f"CREATE FUNCTION {self.function}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
            "USING ERRCODE = 'restrict_violation'; END $$"
        ]
        for table, kept in tables.items():
            for what, event, when in (
                ("update", _update(kept), ""),
                ("delete", "DELETE", _unless_removable(kept)),
                ("truncate", "TRUNCATE", ""),
            ):
                each = "STATEMENT" if what == "truncate" else "ROW"
                statements.append(
                    f"CREATE TRIGGER {table}_no_{what} BEFORE {event} ON {table} "
                    f"FOR EACH {each} {when} EXECUTE FUNCTION {self.function}()"
                )
        return statements


def _names(vendor: str) -> tuple[str, ...]:
    third = "no_replace" if vendor == "sqlite" else "no_truncate"
    return "no_update", "no_delete", third


def _update(kept: Kept) -> str:
    columns = ", ".join(f'"{name}"' for name in kept.fixed)
    return f"UPDATE OF {columns}" if columns else "UPDATE"


def _unless_removable(kept: Kept) -> str:
    return f"WHEN (NOT OLD.{kept.removable})" if kept.removable else ""


def _on_sqlite(tables: Mapping[str, Kept]) -> list[str]:
    statements = []
    for table, kept in tables.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        statements += [
            f"CREATE TRIGGER {table}_no_update BEFORE {_update(kept)} ON {table} {refuse}",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"{_unless_removable(kept)} {refuse}",
        ]
        # INSERT OR REPLACE deletes without firing a DELETE trigger.
        same = [
            " AND ".join(f"{one} = NEW.{one}" for one in key) for key in (("rowid",), *kept.keys)
        ]
        exists = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same)  # noqa: S608
        statements.append(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}"
        )
    return statements


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
