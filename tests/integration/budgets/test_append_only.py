"""The database itself keeps the ledger and the changes of budgets, whatever the code does."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from budgets.core.ledger import Charge
from budgets.models import Budget, BudgetChange, LedgerLine, User
from budgets.models.append_only import KEPT
from telemetry.models import Call, CostCorrection
from telemetry.models.kept import KEPT as KEPT_IN_TELEMETRY
from tests.integration.budgets.world import NOW, close, make_world, reserve, settle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rows() -> None:
    """A hold with its lines, a change of a budget by a person, and a corrected cost."""
    world = make_world()
    hold = world.hold(100)
    call_id, _ = reserve(hold, 40)
    settle(call_id, Charge.exact(30))
    close(hold)
    user = User.objects.create_user(username="ada", email="ada@example.com")
    BudgetChange.objects.create(
        budget=Budget.objects.order_by("pk")[0], at=NOW, kind="changed", actor="ada", user=user
    )
    CostCorrection.objects.create(
        call=Call.objects.get(), revision=1, at=NOW, before_nanousd=30, after_nanousd=20
    )


REFUSED = [
    "UPDATE budgets_ledgerline SET amount_nanousd = 1",
    "UPDATE budgets_ledgerline SET demo = %s",
    "DELETE FROM budgets_ledgerline",
    "UPDATE budgets_budgetchange SET actor = 'eve'",
    "UPDATE budgets_budgetchange SET reason = reason",
    "DELETE FROM budgets_budgetchange",
    "UPDATE telemetry_costcorrection SET after_nanousd = 1",
    "DELETE FROM telemetry_costcorrection",
]


def run(statement: str) -> None:
    values: list[Any] = [True] if "%s" in statement else []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses_to_change_or_delete(statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"):
        run(statement)
    assert KEPT.is_guarded() and KEPT_IN_TELEMETRY.is_guarded()


@pytest.mark.parametrize("table", ["budgets_ledgerline", "budgets_budgetchange"])
def test_the_database_refuses_its_own_way_around_a_delete(table: str) -> None:
    statement = {
        "postgresql": f"TRUNCATE {table}",
        "sqlite": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    }[connection.vendor]
    if connection.vendor == "postgresql":
        run("SET CONSTRAINTS ALL IMMEDIATE")  # what is still to be checked would forbid it first
    with pytest.raises(DatabaseError, match="append-only"):
        run(statement)


def test_a_person_can_go_and_their_name_stays() -> None:
    User.objects.get(username="ada").delete()
    change = BudgetChange.objects.get()
    assert (change.user, change.actor) == (None, "ada")


def test_what_is_made_up_can_be_removed_and_nothing_else() -> None:
    line = LedgerLine.objects.get(kind="CHARGE")
    made_up = LedgerLine.objects.create(
        hold=line.hold, run_id=line.run_id, org=line.org, team=line.team, kind="CHARGE",
        amount_nanousd=1, at=timezone.now(), demo=True,
    )  # fmt: skip
    assert LedgerLine.objects.filter(pk=made_up.pk).delete()[0] == 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LedgerLine.objects.filter(pk=line.pk).delete()
