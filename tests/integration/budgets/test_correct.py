"""Correcting what settled calls cost: by new lines, once, with everything following."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from budgets.core.ledger import Charge
from budgets.models import BudgetAlert, BudgetPeriod, Hold, LedgerLine
from budgets.services.ledger import Correct, Settle
from budgets.services.reconciliation import reconcile
from telemetry.models import Call, CostCorrection, DailyRollup, HourlyRollup
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall
from telemetry.services.upkeep import rebuild
from tests.integration.budgets.world import (
    NOW,
    World,
    close,
    differences,
    make_world,
    period_of,
    reserve,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=40)  # the period of the call is over


def settled(hold: Hold, cost: int | None, **fields: Any) -> UUID:
    """Make a call of the hold as the engine does; `cost` None: its price was unknown."""
    call_id, _ = reserve(hold, 40)
    call = Call(
        id=call_id, at=NOW, org_id=hold.org_id, team_id=hold.team_id, run_id=hold.run_id,
        task_type="summarization", phase="generation", provider="sim-openai", model="sim/gpt",
        outcome="ok", cost_nanousd=cost, **fields,
    )  # fmt: skip
    apply_now(Settle(call_id, Charge.exact(cost or 0), NOW), RecordCall(call))
    return call_id


def correct(call_id: UUID, cost: int, at: Any = LATER) -> Any:
    (result,) = apply_now(Correct(call_id, cost, uuid4(), at))
    return result


def figures() -> list[Any]:
    """Return all figures, but for rows that say nothing."""
    names = ("org_id", "series_id", "calls", "cost_nanousd", "unpriced_calls")
    rows: list[Any] = []
    for table, bucket in ((HourlyRollup, "hour"), (DailyRollup, "day")):
        rows += table.objects.order_by("series_id", bucket).values_list(bucket, *names)
    return rows


@pytest.fixture
def world() -> World:
    return make_world()


def test_hold_periods_and_figures_follow_and_what_was_written_stays(world: World) -> None:
    hold = world.hold(100)
    call_id = settled(hold, 30)
    close(hold)
    before = list(LedgerLine.objects.order_by("pk").values_list("kind", "amount_nanousd"))

    assert correct(call_id, 45) == 15

    hold.refresh_from_db()
    assert (hold.spent_nanousd, hold.spent_generation_nanousd) == (45, 45)
    assert Call.objects.get().cost_nanousd == 30
    assert list(LedgerLine.objects.order_by("pk").values_list("kind", "amount_nanousd")) == [
        *before, ("CORRECTION", 15)
    ]  # fmt: skip
    for team in (world.eng, None):
        period = period_of(team, world.org)
        assert (period.spent_nanousd, period.corrected_nanousd, period.held_nanousd) == (45, 15, 0)
    assert differences() == []
    followed = figures()
    assert sum(row[4] for row in followed) == 45
    rebuild({world.org.pk: UTC}, LATER)
    assert sum(row[4] for row in figures()) == 45
    assert sum(row[3] for row in figures()) == 1


def test_the_same_correction_again_changes_nothing_and_another_follows_it(world: World) -> None:
    hold = world.hold(100)
    call_id = settled(hold, 30)
    close(hold)
    assert [correct(call_id, cost) for cost in (45, 45, 20)] == [15, None, -25]
    assert CostCorrection.objects.filter(call=call_id).count() == 2
    assert Hold.objects.get().spent_nanousd == 20
    assert differences() == []
    twice = LedgerLine.objects.filter(kind="CORRECTION").first()
    assert twice is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerLine.objects.create(
            hold=hold, run_id=hold.run_id, org=hold.org, team=hold.team, call_id=call_id,
            kind="CORRECTION", revision=1, amount_nanousd=1, at=NOW,
        )  # fmt: skip


def test_two_calls_of_one_hold_are_corrected_at_once(world: World) -> None:
    hold = world.hold(100)
    first, second = settled(hold, 30), settled(hold, 10)
    close(hold)
    apply_now(Correct(first, 31, None, LATER), Correct(second, 12, None, LATER))
    assert period_of(None, world.org).corrected_nanousd == 3
    assert differences() == []


def test_a_call_of_unknown_cost_gets_one(world: World) -> None:
    hold = world.hold(100)
    call_id = settled(hold, None)
    close(hold)
    assert sum(row[5] for row in figures()) == 1
    assert correct(call_id, 7, NOW) == 7
    assert [sum(row[place] for row in figures()) for place in (4, 5)] == [7, 0]
    assert differences() == []


def test_calls_of_runs_that_go_on_and_made_up_ones_are_left_alone(world: World) -> None:
    going, over = world.hold(100), world.hold(100)
    running, made_up = settled(going, 30), settled(over, 30, demo=True)
    close(over)
    assert [correct(running, 45), correct(made_up, 45), correct(uuid4(), 45)] == [None] * 3
    assert not CostCorrection.objects.exists()
    assert differences() == []


@pytest.mark.parametrize(("at", "told"), [(NOW, 2), (LATER, 0)])
def test_thresholds_are_told_of_periods_that_go_on_alone(world: World, at: Any, told: int) -> None:
    hold = world.hold(100)
    call_id = settled(hold, 30)
    close(hold)
    correct(call_id, 600, at)
    assert BudgetAlert.objects.count() == told


def test_a_period_that_says_something_else_than_its_lines_is_found(world: World) -> None:
    hold = world.hold(100)
    call_id = settled(hold, 30)
    close(hold)
    correct(call_id, 45)
    BudgetPeriod.objects.update(corrected_nanousd=0)
    wrong = {check.name for check in reconcile() if check.differences}
    assert wrong == {"team corrected = its CORRECTION", "org corrected = its CORRECTION"}


def test_a_correction_without_its_line_is_found(world: World) -> None:
    hold = world.hold(100)
    call_id = settled(hold, 30)
    close(hold)
    CostCorrection.objects.create(
        call_id=call_id, revision=1, at=NOW, before_nanousd=30, after_nanousd=45
    )
    wrong = {check.name for check in reconcile() if check.differences}
    assert wrong == {"call's correction = its CORRECTION"}
