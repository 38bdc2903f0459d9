"""Fixtures for every test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from routing.models import append_only
from tests.fixtures.simulator import simulator, simulator_process

__all__ = ["simulator", "simulator_process"]


@pytest.fixture(scope="session", autouse=True)
def emptied_between_tests() -> Iterator[None]:
    """Let a test's database be emptied after it, although it refuses to lose decisions.

    The triggers are away only while the test's own teardown runs, and back for the next test.
    """
    empty: Any = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def lifted(case: TransactionTestCase) -> None:
        append_only.lift(connection)
        try:
            empty(case)
        finally:
            append_only.guard(connection)

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lifted)
    yield
    patch.undo()
