"""Triggers by which the database itself refuses to change or delete what is kept for good."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

# Each table with the columns by which a row could be replaced by another.
TABLES = {
    "routing_decision": (("id",), ("org_id", "position")),
    "routing_policyversion": (("id",), ("policy_id", "version")),
    "routing_recommendationstep": (("id",),),
}
FUNCTION = "routing_refuse_change"


def guard(connection: BaseDatabaseWrapper) -> None:
    """Have the database refuse UPDATE, DELETE and whatever amounts to them; again does no harm.

    A migration that makes SQLite copy one of the tables must call this again: the copy has none;
    so must one that adds a table.
    """
    tables = _present(connection)
    _run(connection, [*_lifting(connection.vendor, tables), *_guarding(connection.vendor, tables)])


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: to undo a migration, and to empty a test's database."""
    _run(connection, _lifting(connection.vendor, _present(connection)))


def is_guarded(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether all triggers are there."""
    wanted = {f"{table}_{what}" for table in TABLES for what in _triggers(connection.vendor)}
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return wanted <= {name for (name,) in cursor.fetchall()}


def migrate_guard(apps: Any, schema_editor: Any) -> None:
    guard(schema_editor.connection)


def migrate_lift(apps: Any, schema_editor: Any) -> None:
    lift(schema_editor.connection)


def _triggers(vendor: str) -> tuple[str, ...]:
    third = "no_replace" if vendor == "sqlite" else "no_truncate"
    return "no_update", "no_delete", third


def _present(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the tables that are there: a migration sees those that were made before it."""
    there = set(connection.introspection.table_names())
    return [table for table in TABLES if table in there]


def _lifting(vendor: str, tables: list[str]) -> list[str]:
    found = []
    for table in tables:
        on = "" if vendor == "sqlite" else f" ON {table}"
        found += [f"DROP TRIGGER IF EXISTS {table}_{what}{on}" for what in _triggers(vendor)]
    return found if vendor == "sqlite" else [*found, f"DROP FUNCTION IF EXISTS {FUNCTION}()"]


def _guarding(vendor: str, tables: list[str]) -> list[str]:
    return _on_sqlite(tables) if vendor == "sqlite" else _on_postgresql(tables)


def _on_sqlite(tables: list[str]) -> list[str]:
    statements = []
    for table in tables:
        keys = TABLES[table]
        refuse = f"SELECT RAISE(ABORT, '{table} is append-only')"
        for what in ("update", "delete"):
            statements.append(
                f"CREATE TRIGGER {table}_no_{what} BEFORE {what.upper()} ON {table} "
                f"BEGIN {refuse}; END"
            )
        # INSERT OR REPLACE deletes without firing a DELETE trigger.
        same = [" AND ".join(f"{one} = NEW.{one}" for one in key) for key in (("rowid",), *keys)]
        exists = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same)  # noqa: S608
        statements.append(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN {exists} BEGIN {refuse}; END"
        )
    return statements


def _on_postgresql(tables: list[str]) -> list[str]:
    statements = [
        f"CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
        "USING ERRCODE = 'restrict_violation'; END $$"
    ]
    for table in tables:
        for what, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            statements.append(
                f"CREATE TRIGGER {table}_no_{what} BEFORE {what.upper()} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION {FUNCTION}()"
            )
    return statements


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
