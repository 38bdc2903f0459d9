"""Fixtures for every test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dj_database_url
import pytest
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection, connections
from django.db.models.signals import post_migrate
from django.test import TransactionTestCase, override_settings
from hypothesis import settings
from pytest_django.plugin import DjangoDbBlocker

from budgets.models.append_only import KEPT as KEPT_IN_BUDGETS
from routing.models.append_only import KEPT as KEPT_IN_ROUTING
from telemetry.models.kept import KEPT as KEPT_IN_TELEMETRY
from tests.databases import migrated, templates
from tests.fixtures.simulator import simulator, simulator_process

# What migrating names, tables and rights to them: to write it anew is most of the emptying.
NAMES = {"django_content_type", "auth_permission"}
PERMISSIONS = "django.contrib.auth.management.create_permissions"
KEPT = (KEPT_IN_BUDGETS, KEPT_IN_ROUTING, KEPT_IN_TELEMETRY)
__all__ = ["simulator", "simulator_process"]


def pytest_configure() -> None:
    """Say where the templates of databases are, before the processes start that share them."""
    templates()
    # A busy machine is no failure of what is tested.
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that start processes and wait for them, which else come at the end.

    They are those without a database of this process; pytest-django has put them last.
    """
    items.sort(key=has_database)


def has_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return "django_db" in item.keywords or "db" in fixtures or "transactional_db" in fixtures


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Give the tests of a process a copy of the migrated database, in place of pytest-django's."""
    with migrated(tmp_path_factory.mktemp("database")) as url:
        connection.settings_dict["NAME"] = dj_database_url.parse(url)["NAME"]
        yield
        with django_db_blocker.unblock():
            connections.close_all()


@pytest.fixture(scope="session", autouse=True)
def static_files_looked_up() -> Iterator[None]:
    """Look for a static file when it is asked for: every test client would list them all first."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(scope="session", autouse=True)
def emptied_between_tests() -> Iterator[None]:
    """Let a test's database be emptied after it, although it refuses to lose what is kept for good.

    The triggers are away only while the test's own teardown runs, and back for the next test.
    """
    empty: Any = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def lifted(case: TransactionTestCase) -> None:
        for kept in KEPT:
            kept.lift(connection)
        try:
            with names_kept():
                empty(case)
        finally:
            for kept in KEPT:
                kept.guard(connection)

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lifted)
    patch.setattr("django.core.management.commands.flush.sql_flush", flush_of_all_but_names)
    yield
    patch.undo()


@contextmanager
def names_kept() -> Iterator[None]:
    """Let nobody name tables and rights again, which are still there."""
    post_migrate.disconnect(dispatch_uid=PERMISSIONS)
    post_migrate.disconnect(create_contenttypes)
    try:
        yield
    finally:
        post_migrate.connect(create_permissions, dispatch_uid=PERMISSIONS)
        post_migrate.connect(create_contenttypes)


def flush_of_all_but_names(style: Any, database: Any, *args: Any, **options: Any) -> list[str]:
    """Return the statements that empty every table but those of names; Django's own `sql_flush`."""
    tables = database.introspection.django_table_names(only_existing=True, include_views=False)
    emptied = [table for table in tables if table not in NAMES]
    statements: list[str] = database.ops.sql_flush(
        style, emptied, reset_sequences=options["reset_sequences"],
        allow_cascade=options["allow_cascade"],
    )  # fmt: skip
    return statements
