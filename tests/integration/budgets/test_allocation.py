"""Setting money aside, and giving it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from budgets.core.errors import BudgetExceeded
from budgets.core.ledger import Charge, ReservationState
from budgets.models import Budget, BudgetPeriod, Hold, LedgerLine, Membership, Org, Team, User
from budgets.services.allocation import hold_amount, open_hold
from budgets.services.ledger import Closed
from telemetry.models import Event
from tests.integration.budgets.world import (
    NOW,
    close,
    differences,
    figures,
    make_world,
    recover,
    reserve,
    send,
    settle,
)

pytestmark = pytest.mark.django_db


def test_a_hold_counts_at_its_team_and_org() -> None:
    world = make_world()
    hold = world.hold(300)
    assert figures(world.eng, world.org) == (0, 300)
    assert figures(None, world.org) == (0, 300)
    assert (hold.amount_nanousd, hold.limit_nanousd) == (300, 300)
    assert differences() == []


def test_a_team_without_a_budget_is_limited_by_its_org_alone() -> None:
    world = make_world()
    hold = world.hold(900, team=world.ops)
    assert hold.team_period is None
    assert figures(None, world.org) == (0, 900)


def test_no_budget_anywhere_means_no_limit() -> None:
    world = make_world(org_limit=None, eng_limit=None)
    hold = world.hold(10**17)
    assert (hold.team_period, hold.org_period) == (None, None)
    assert close(hold) == Closed(10**17)


def test_a_full_team_budget_refuses_and_says_everything() -> None:
    world = make_world()
    ann = User.objects.create(username="ann", email="a@x.example", first_name="Ann", last_name="A")
    bob = User.objects.create(username="bob", email="b@x.example")
    eve = User.objects.create(username="eve", email="e@x.example")
    Membership.objects.create(user=ann, org=world.org, role="owner")
    Membership.objects.create(user=bob, org=world.org, team=world.eng, role="admin")
    Membership.objects.create(user=eve, org=world.org, team=world.ops, role="admin")
    world.hold(300)
    with pytest.raises(BudgetExceeded) as refusal:
        world.hold(201)
    error = refusal.value
    assert error.budget_id == Budget.objects.get(team=world.eng).pk
    assert (error.scope, error.limit_nanousd, error.spent_nanousd) == ("team", 500, 0)
    assert (error.held_nanousd, error.requested_nanousd) == (300, 201)
    assert error.resets_at is not None
    assert error.resets_at.isoformat() == "2026-12-01T00:00:00+00:00"
    assert error.who_can_raise == ("bob", "Ann A")


def test_a_refusal_names_roles_where_nobody_holds_them() -> None:
    world = make_world(eng_limit=0)
    with pytest.raises(BudgetExceeded) as refusal:
        world.hold(1)
    assert refusal.value.who_can_raise == ("owner", "admin")


def test_a_refusal_at_the_org_leaves_nothing_at_the_team_even_if_the_caller_goes_on() -> None:
    world = make_world(org_limit=100)
    with transaction.atomic():
        with pytest.raises(BudgetExceeded) as refusal:
            world.hold(101)
        Org.objects.create(name="the decision", slug="decision")
    assert refusal.value.scope == "org"
    assert Org.objects.filter(slug="decision").exists()
    assert not Hold.objects.exists()
    assert not LedgerLine.objects.exists()
    assert set(BudgetPeriod.objects.values_list("held_nanousd", flat=True)) <= {0}


def test_a_budget_can_be_used_to_its_last_unit_and_not_beyond() -> None:
    world = make_world(eng_limit=None)
    world.hold(999)
    world.hold(1)
    with pytest.raises(BudgetExceeded):
        world.hold(1)
    world.hold(0)


def test_four_runs_of_eight_dollars_that_spend_nothing_fit_one_after_the_other_into_thirty() -> (
    None
):
    world = make_world(org_limit=30, eng_limit=None)
    for _ in range(4):
        hold = world.hold(8)
        close(hold)
    assert figures(None, world.org) == (0, 0)
    assert differences() == []


@pytest.mark.parametrize(("amount", "limit"), [(-1, 10), (11, 10)])
def test_a_hold_sets_aside_no_less_than_nothing_and_no_more_than_its_limit(
    amount: int, limit: int
) -> None:
    world = make_world()
    with pytest.raises(ValueError, match="between"):
        open_hold(
            run_id=uuid7(),
            org=world.org,
            team=world.eng,
            limit_nanousd=limit,
            amount_nanousd=amount,
            now=NOW,
        )


def test_a_new_month_starts_afresh_and_the_old_one_is_kept() -> None:
    world = make_world()
    old = world.hold(500)
    later = NOW + timedelta(days=10)
    open_hold(
        run_id=uuid7(),
        org=world.org,
        team=world.eng,
        limit_nanousd=500,
        amount_nanousd=500,
        now=later,
    )
    close(old)
    eng = BudgetPeriod.objects.filter(budget__team=world.eng).order_by("starts_at")
    assert [(row.starts_at.month, row.held_nanousd) for row in eng] == [(11, 0), (12, 500)]


def test_the_orgs_own_clock_decides_which_month_it_is() -> None:
    world = make_world()
    Org.objects.filter(pk=world.org.pk).update(time_zone="Pacific/Kiritimati")
    world.org.refresh_from_db()
    late = NOW.replace(day=30, hour=23)
    open_hold(
        run_id=uuid7(),
        org=world.org,
        team=world.eng,
        limit_nanousd=1,
        amount_nanousd=1,
        now=late,
    )
    starts = set(BudgetPeriod.objects.values_list("starts_at", flat=True))
    assert {start.isoformat() for start in starts} == {"2026-11-30T10:00:00+00:00"}


@pytest.mark.parametrize(
    ("mode", "high", "amount"), [("budget", 30, 100), ("forecast", 30, 30), ("forecast", 300, 100)]
)
def test_a_team_chooses_whether_a_run_holds_its_budget_or_its_forecast(
    mode: str, high: int, amount: int
) -> None:
    assert hold_amount(Team(hold_mode=mode), 100, high) == amount


def test_recovering_gives_back_what_was_not_sent_and_charges_what_was() -> None:
    world = make_world()
    hold, other = world.hold(100), world.hold(100)
    unsent, _ = reserve(hold, 30, task_key="a")
    sent, _ = reserve(hold, 40, task_key="b", phase="evaluation")
    done, _ = reserve(hold, 20)
    foreign, _ = reserve(other, 10)
    send(sent)
    settle(done, Charge.exact(5))
    recovered = recover(hold)
    assert {(each.call_id, each.kind, each.amount_nanousd) for each in recovered} == {
        (unsent, ReservationState.RELEASED, 0),
        (sent, ReservationState.UNCONFIRMED, 40),
    }
    by_id = {each.call_id: each for each in recovered}
    assert (by_id[sent].task_key, by_id[sent].phase, by_id[sent].model) == (
        "b",
        "evaluation",
        "sim/gpt",
    )
    hold.refresh_from_db()
    other.refresh_from_db()
    assert (hold.spent_nanousd, hold.reserved_nanousd) == (45, 0)
    assert other.reserved_nanousd == 10
    assert recover(hold) == []
    assert differences() == []
    assert settle(foreign, Charge.released()) == 0


def test_recovering_nothing_asks_for_nothing() -> None:
    assert recover() == []


def test_opening_a_hold_is_told_to_whoever_watches() -> None:
    world = make_world()
    world.hold(300)
    events = Event.objects.filter(type="budget.moved").order_by("seq")
    assert {(event.team_id, event.payload["held_nanousd"]) for event in events} == {
        (world.eng.pk, 300),
        (None, 300),
    }
