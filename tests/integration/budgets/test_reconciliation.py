"""A proof that cannot fail proves nothing: every kind of damage is found and named."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, QuerySet
from uuid_utils.compat import uuid7

from budgets.core.ledger import Charge
from budgets.models import BudgetPeriod, Hold, LedgerLine, Reservation
from budgets.models.append_only import KEPT
from telemetry.models import Call
from tests.integration.budgets.world import NOW, close, differences, make_world, reserve, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def money() -> None:
    """One open hold with a call in flight, one closed, one call of unknown price."""
    world = make_world()
    going, over = world.hold(100, limit=200), world.hold(50)
    settle(reserve(going, 40)[0], Charge.exact(30))
    settle(reserve(going, 20, phase="evaluation")[0], Charge.unconfirmed())
    reserve(going, 10)
    settle(reserve(over, 5)[0], Charge.exact(5))
    free, _ = reserve(over, 0)
    settle(free, Charge.exact(0))
    Call.objects.filter(pk=free).update(cost_nanousd=None)
    close(over)


def run_command() -> str:
    out = StringIO()
    call_command("reconcile_budgets", stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("money")
def test_everything_adds_up_and_the_command_says_over_how_many_rows() -> None:
    assert differences() == []
    lines = run_command().splitlines()
    assert lines[-1] == "Everything adds up."
    assert "hold amount = HOLD + EXTEND" in lines[0]
    assert "2 rows" in lines[0]


def bend(model: type[Hold] | type[BudgetPeriod], field: str) -> Callable[[], object]:
    return lambda: model.objects.update(**{field: F(field) + 1})


def one_charge() -> LedgerLine:
    return LedgerLine.objects.get(kind="CHARGE", amount_nanousd=30)


def its_call() -> QuerySet[Call]:
    return Call.objects.filter(pk=str(one_charge().call_id))


DAMAGE: dict[str, tuple[Callable[[], object], str]] = {
    "amount": (
        lambda: Hold.objects.filter(closed_at=None).update(amount_nanousd=101),
        "hold amount = HOLD + EXTEND",
    ),
    "spent": (bend(Hold, "spent_nanousd"), "hold spent = its charges"),
    "reserved": (bend(Hold, "reserved_nanousd"), "hold reserved = open calls"),
    "phase": (bend(Hold, "spent_generation_nanousd"), "hold generation = its charges"),
    "other phase": (bend(Hold, "spent_evaluation_nanousd"), "hold evaluation = its charges"),
    "return": (
        lambda: LedgerLine.objects.filter(kind="RETURN").update(amount_nanousd=1),
        "closed hold's rest = RETURN",
    ),
    "reopened": (
        lambda: Hold.objects.update(closed_at=None),
        "open hold has no RETURN",
    ),
    "held": (bend(BudgetPeriod, "held_nanousd"), "team held = its open holds"),
    "org held": (bend(BudgetPeriod, "held_nanousd"), "org held = its open holds"),
    "period spent": (bend(BudgetPeriod, "spent_nanousd"), "team spent = its closed holds"),
    "org spent": (bend(BudgetPeriod, "spent_nanousd"), "org spent = its closed holds"),
    "no call": (
        lambda: its_call().delete(),
        "charge = its call's cost",
    ),
    "other cost": (
        lambda: its_call().update(cost_nanousd=29),
        "charge = its call's cost",
    ),
    "unknown cost, charged": (
        lambda: its_call().update(cost_nanousd=None),
        "charge = its call's cost",
    ),
    "cost without charge": (
        lambda: Call.objects.create(
            id=uuid7(), at=NOW, org_id=1, team_id=1, provider="p", model="m", cost_nanousd=3
        ),
        "call's cost = its charge",
    ),
    "lost line": (lambda: LedgerLine.objects.filter(pk=one_charge().pk).delete(), "hold spent"),
    "lost reservation": (
        lambda: Reservation.objects.filter(state="RESERVED").delete(),
        "hold reserved = open calls",
    ),
}


@pytest.mark.usefixtures("money")
@pytest.mark.parametrize("kind", list(DAMAGE))
def test_damage_is_found_and_named(kind: str) -> None:
    damage, name = DAMAGE[kind]
    KEPT.lift(connection)  # only who is above the database's rules can do some of it
    damage()
    out = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("reconcile_budgets", stdout=out)
    assert failure.value.returncode == 1
    (row,) = [line for line in out.getvalue().splitlines() if line.startswith(name)]
    assert row.endswith("differ")


def test_a_cached_call_costs_nothing_and_needs_no_line() -> None:
    make_world()
    Call.objects.create(
        id=uuid7(), at=NOW, org_id=1, team_id=1, provider="p", model="m", cost_nanousd=0
    )
    assert differences() == []
