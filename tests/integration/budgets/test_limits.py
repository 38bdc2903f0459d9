"""Changing limits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from budgets.core.errors import BudgetExceeded
from budgets.models import Budget, BudgetPeriod
from budgets.services.limits import change_limit
from telemetry.models import Event
from tests.integration.budgets.world import NOW, make_world, period_of

pytestmark = pytest.mark.django_db


def test_a_raised_limit_counts_at_once_and_says_who_raised_it() -> None:
    world = make_world(eng_limit=100)
    world.hold(100)
    with pytest.raises(BudgetExceeded):
        world.hold(50)
    change_limit(Budget.objects.get(team=world.eng), 150, actor="ann", now=NOW)
    world.hold(50)
    assert period_of(world.eng, world.org).limit_nanousd == 150
    payload = Event.objects.get(type="budget.changed").payload
    assert (payload["actor"], payload["before_nanousd"], payload["limit_nanousd"]) == (
        "ann",
        100,
        150,
    )


def test_a_lowered_limit_keeps_what_is_held_and_the_past_as_it_was() -> None:
    world = make_world(eng_limit=100)
    world.hold(80)
    budget = Budget.objects.get(team=world.eng)
    change_limit(budget, 10, actor="ann", now=NOW + timedelta(days=30))
    limits = BudgetPeriod.objects.filter(budget=budget).order_by("starts_at")
    assert list(limits.values_list("limit_nanousd", "held_nanousd")) == [(100, 80), (10, 0)]
    change_limit(budget, 20, actor="ann", now=NOW)
    assert list(limits.values_list("limit_nanousd", flat=True)) == [20, 10]


def test_a_limit_is_never_negative() -> None:
    make_world()
    with pytest.raises(ValueError, match="negative"):
        change_limit(Budget.objects.all()[0], -1, actor="ann", now=NOW)
