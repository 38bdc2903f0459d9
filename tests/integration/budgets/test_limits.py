"""Changing limits, and raising them for a while."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from budgets.core.access import Caller
from budgets.core.errors import BudgetExceeded, InvalidChange
from budgets.core.ledger import Granted, Refused
from budgets.core.period import PeriodKind
from budgets.models import Budget, BudgetAlert, BudgetChange, BudgetPeriod, BudgetRaise, Hold
from budgets.selectors import free_nanousd
from budgets.services.allocation import open_hold
from budgets.services.ledger import CloseHold, ExtendHold
from budgets.services.limits import (
    Wanted,
    change_budget,
    create_budget,
    end_raise,
    raise_budget,
)
from routing.models import Decision
from telemetry.models import Event
from telemetry.services.journal import apply_now
from tests.integration.budgets.world import NOW, World, differences, make_world, period_of

pytestmark = pytest.mark.django_db

ANN = Caller("ann")
HOUR = timedelta(hours=1)
DECEMBER = NOW + timedelta(days=30)


def budget_of(world: World) -> Budget:
    return Budget.objects.select_related("org").get(team=world.eng)


def change(world: World, now: Any = NOW, reason: str = "", **wanted: Any) -> Budget:
    return change_budget(budget_of(world), Wanted(**wanted), by=ANN, now=now, reason=reason)


def grant(world: World, amount: int = 50, now: Any = NOW, until: Any = None) -> BudgetRaise:
    return raise_budget(
        budget_of(world),
        amount_nanousd=amount,
        reason="launch week",
        expires_at=until or now + HOUR,
        by=ANN,
        now=now,
    )


def hold(world: World, amount: int, now: Any = NOW) -> Hold:
    return open_hold(
        run_id=uuid7(),
        org=world.org,
        team=world.eng,
        limit_nanousd=1000,
        amount_nanousd=amount,
        now=now,
    )


def test_a_higher_limit_counts_at_once_and_says_who_set_it() -> None:
    world = make_world(eng_limit=100)
    world.hold(100)
    with pytest.raises(BudgetExceeded):
        world.hold(50)
    change(world, limit_nanousd=150)
    world.hold(50)
    assert period_of(world.eng, world.org).limit_nanousd == 150
    payload = Event.objects.get(type="budget.changed").payload
    assert (payload["actor"], payload["before_nanousd"], payload["limit_nanousd"]) == (
        "ann",
        100,
        150,
    )


def test_a_limit_below_what_is_spent_and_held_is_refused_with_the_least_that_would_do() -> None:
    world = make_world(org_limit=None, eng_limit=2_000_000_000)
    world.hold(1_500_000_000)
    with pytest.raises(InvalidChange, match=r"at least 1\.50"):
        change(world, limit_nanousd=1_499_999_999)
    assert period_of(world.eng, world.org).limit_nanousd == 2_000_000_000
    assert not BudgetChange.objects.exists()
    change(world, limit_nanousd=1_500_000_000)


def test_a_new_limit_leaves_past_periods_as_they_were() -> None:
    world = make_world(eng_limit=100)
    world.hold(80)
    change(world, DECEMBER, limit_nanousd=10)
    limits = BudgetPeriod.objects.filter(budget__team=world.eng).order_by("starts_at")
    assert list(limits.values_list("limit_nanousd", "held_nanousd")) == [(100, 80), (10, 0)]


def test_a_limit_set_by_a_clock_before_the_turn_counts_in_the_period_after_it() -> None:
    world = make_world(eng_limit=100)
    hold(world, 1, now=DECEMBER)
    change(world, NOW, limit_nanousd=70)
    limits = BudgetPeriod.objects.filter(budget__team=world.eng)
    assert set(limits.values_list("limit_nanousd", flat=True)) == {70}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"limit_nanousd": -1}, "limit_usd"),
        ({"thresholds": [50, 0]}, "thresholds"),
        ({"thresholds": [1001]}, "thresholds"),
        ({"forecast_thresholds": [True]}, "forecast_thresholds"),
    ],
)
def test_what_no_budget_can_be_is_refused_by_field(wanted: dict[str, Any], field: str) -> None:
    world = make_world()
    with pytest.raises(InvalidChange) as refused:
        change(world, **wanted)
    assert list(refused.value.errors) == [field]


def test_every_change_is_written_down_with_who_before_after_and_why() -> None:
    world = make_world(org_limit=None, eng_limit=2_000_000_000)
    change(world, limit_nanousd=3_000_000_000, thresholds=[80, 50, 80], reason="more people")
    row = BudgetChange.objects.get()
    assert (row.actor, row.kind, row.at, row.reason) == ("ann", "changed", NOW, "more people")
    assert row.before == {"limit_usd": "2.00", "thresholds": [50, 80, 100]}
    assert row.after == {"limit_usd": "3.00", "thresholds": [50, 80]}
    decision = Decision.objects.get(kind="change")
    assert (decision.actor, decision.inputs["what"]) == ("ann", "budget")
    assert decision.inputs["after"]["reason"] == "more people"


def test_a_change_that_changes_nothing_is_not_written_down() -> None:
    world = make_world(eng_limit=100)
    change(world, limit_nanousd=100, thresholds=[50, 80, 100])
    assert not BudgetChange.objects.exists()
    assert not Event.objects.filter(type="budget.changed").exists()


def test_a_written_change_is_neither_changed_nor_deleted() -> None:
    world = make_world()
    change(world, limit_nanousd=900)
    row = BudgetChange.objects.get()
    with pytest.raises(TypeError):
        row.save()
    with pytest.raises(TypeError):
        row.delete()


def test_a_lower_limit_tells_of_a_threshold_it_makes_passed() -> None:
    world = make_world(eng_limit=1000)
    period = period_of_eng(world)
    BudgetPeriod.objects.filter(pk=period.pk).update(spent_nanousd=90)
    change(world, limit_nanousd=100)
    assert BudgetAlert.objects.get().percent == 80
    assert Event.objects.get(type="budget.threshold").payload["percent"] == 80
    change(world, limit_nanousd=101)
    assert BudgetAlert.objects.count() == 1


def period_of_eng(world: World) -> BudgetPeriod:
    world.hold(0)
    return period_of(world.eng, world.org)


def test_a_budget_is_made_with_a_name_and_only_once() -> None:
    world = make_world(eng_limit=None)
    make = partial(
        create_budget, org=world.org, team=world.eng, period=PeriodKind.WEEK, by=ANN, now=NOW
    )
    with pytest.raises(InvalidChange, match="limit"):
        make(wanted=Wanted())
    made = make(wanted=Wanted(100, [90]))
    assert (made.thresholds, made.forecast_thresholds) == ([90], [50, 80, 100])
    assert BudgetChange.objects.get().kind == "created"
    with pytest.raises(InvalidChange, match="already"):
        make(wanted=Wanted(100))
    assert Budget.objects.filter(team=world.eng).count() == 1


def test_a_raise_gives_room_until_it_expires_to_holds_and_to_what_grows() -> None:
    world = make_world(eng_limit=100)
    growing = hold(world, 100)
    with pytest.raises(BudgetExceeded):
        hold(world, 10)
    grant(world, 50)
    hold(world, 10)
    assert apply_now(ExtendHold(growing.pk, 40, NOW)) == (Granted(),)
    assert free_nanousd(world.org, world.eng, NOW) == 0

    later = NOW + HOUR
    assert free_nanousd(world.org, world.eng, later) == 0
    with pytest.raises(BudgetExceeded) as refused:
        hold(world, 1, now=later)
    assert refused.value.limit_nanousd == 100
    (result,) = apply_now(ExtendHold(growing.pk, 1, later))
    assert isinstance(result, Refused)
    period = period_of(world.eng, world.org)
    assert (period.limit_nanousd, period.raised_nanousd, period.limit_until) == (100, 0, None)
    assert Event.objects.filter(type="budget.raise_expired").count() == 1


def test_growing_alone_takes_an_expired_raise_out() -> None:
    world = make_world(eng_limit=100)
    growing = hold(world, 90)
    grant(world, 50)
    (result,) = apply_now(ExtendHold(growing.pk, 20, NOW + HOUR))
    assert isinstance(result, Refused)
    assert result.limit_nanousd == 100


def test_closing_after_a_raise_expired_judges_thresholds_by_the_limit_that_holds() -> None:
    world = make_world(eng_limit=100)
    first = hold(world, 60)
    grant(world, 100)
    Hold.objects.filter(pk=first.pk).update(spent_nanousd=60)
    apply_now(CloseHold(first.pk, NOW + HOUR))
    assert BudgetAlert.objects.get(period__budget__team=world.eng).percent == 50


def test_raises_add_up_and_each_ends_at_its_own_time() -> None:
    world = make_world(eng_limit=100)
    grant(world, 50, until=NOW + HOUR)
    grant(world, 30, until=NOW + 2 * HOUR)
    free = [free_nanousd(world.org, world.eng, NOW + n * HOUR) for n in range(3)]
    assert free == [180, 130, 100]
    with pytest.raises(BudgetExceeded):
        hold(world, 131, now=NOW + HOUR)
    hold(world, 130, now=NOW + HOUR)
    assert period_of(world.eng, world.org).limit_until == NOW + 2 * HOUR


def test_a_raise_that_outlasts_a_period_counts_in_the_next_one() -> None:
    world = make_world(eng_limit=100)
    grant(world, 50, until=DECEMBER + HOUR)
    hold(world, 150, now=DECEMBER)
    with pytest.raises(BudgetExceeded):
        hold(world, 1, now=DECEMBER)


def test_a_raise_stays_on_top_of_a_limit_that_is_changed() -> None:
    world = make_world(eng_limit=100)
    grant(world, 50)
    change(world, limit_nanousd=200)
    assert free_nanousd(world.org, world.eng, NOW) == 250
    assert free_nanousd(world.org, world.eng, NOW + HOUR) == 200
    hold(world, 250)


def test_a_raise_taken_back_ends_at_once_and_only_once() -> None:
    world = make_world(eng_limit=100)
    made = grant(world, 50)
    assert end_raise(made, by=ANN, now=NOW + HOUR / 2)
    assert not end_raise(made, by=ANN, now=NOW + HOUR / 2)
    assert free_nanousd(world.org, world.eng, NOW + HOUR / 2) == 100
    kinds = list(BudgetChange.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["raised", "raise_ended"]


def test_a_raise_without_reason_amount_or_future_is_refused_field_by_field() -> None:
    world = make_world(eng_limit=100)
    with pytest.raises(InvalidChange) as refused:
        raise_budget(
            budget_of(world), amount_nanousd=0, reason=" ", expires_at=NOW, by=ANN, now=NOW
        )
    assert set(refused.value.errors) == {"amount_usd", "reason", "expires_at"}
    assert not BudgetRaise.objects.exists()
    assert differences() == []
