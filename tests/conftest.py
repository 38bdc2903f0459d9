"""Fixtures for every test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from budgets.models.append_only import KEPT as KEPT_IN_BUDGETS
from routing.models.append_only import KEPT as KEPT_IN_ROUTING
from telemetry.models.kept import KEPT as KEPT_IN_TELEMETRY
from tests.fixtures.simulator import simulator, simulator_process

KEPT = (KEPT_IN_BUDGETS, KEPT_IN_ROUTING, KEPT_IN_TELEMETRY)
__all__ = ["simulator", "simulator_process"]


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
            empty(case)
        finally:
            for kept in KEPT:
                kept.guard(connection)

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lifted)
    yield
    patch.undo()
