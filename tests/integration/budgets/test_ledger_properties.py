"""Whatever is done in whatever order, no limit is passed and everything adds up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budgets.core.access import Caller
from budgets.core.errors import BudgetExceeded, InvalidChange
from budgets.core.ledger import Charge, Granted
from budgets.models import Budget, BudgetPeriod, Hold
from budgets.services.limits import Wanted, change_budget, raise_budget
from tests.integration.budgets.world import (
    NOW,
    World,
    close,
    differences,
    extend,
    make_world,
    recover,
    reserve,
    send,
    settle,
)

pytestmark = pytest.mark.django_db

AMOUNT = st.integers(0, 60)
WHICH = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), st.sampled_from(["eng", "ops"]), AMOUNT),
        st.tuples(st.just("reserve"), WHICH, AMOUNT),
        st.tuples(st.just("send"), WHICH, AMOUNT),
        st.tuples(st.just("settle"), WHICH, AMOUNT),
        st.tuples(st.just("lose"), WHICH, AMOUNT),
        st.tuples(st.just("release"), WHICH, AMOUNT),
        st.tuples(st.just("extend"), WHICH, AMOUNT),
        st.tuples(st.just("close"), WHICH, AMOUNT),
        st.tuples(st.just("recover"), WHICH, AMOUNT),
        st.tuples(st.just("limit"), WHICH, AMOUNT),
        st.tuples(st.just("lift"), WHICH, AMOUNT),
    ),
    min_size=8,
    max_size=30,
)


class Play:
    """Does the steps; each names its hold or call by a number."""

    def __init__(self, world: World, beyond_bounds: bool) -> None:
        self.world = world
        self.beyond_bounds = beyond_bounds
        self.holds: list[Hold] = []
        self.calls: list[tuple[UUID, int]] = []

    def step(self, name: str, which: Any, amount: int) -> None:
        if name == "open":
            self.open(which, amount)
        elif name in {"limit", "lift"}:
            self.change(name, amount)
        elif name in {"reserve", "extend", "close", "recover"} and self.holds:
            on_hold: Callable[[Hold, int], object] = getattr(self, name)
            on_hold(self.holds[which % len(self.holds)], amount)
        elif name in {"send", "settle", "lose", "release"} and self.calls:
            on_call: Callable[[UUID, int, int], object] = getattr(self, name)
            call_id, reserved = self.calls[which % len(self.calls)]
            on_call(call_id, reserved, amount)

    def open(self, slug: str, amount: int) -> None:
        try:
            hold = self.world.hold(amount, team=getattr(self.world, slug), limit=100)
        except BudgetExceeded:
            return
        self.holds.append(hold)

    def change(self, name: str, amount: int) -> None:
        budget = Budget.objects.select_related("org").get(team=self.world.eng)
        by, end = Caller("ann"), NOW + timedelta(hours=1)
        try:
            if name == "limit":
                change_budget(budget, Wanted(limit_nanousd=3 * amount), by=by, now=NOW)
            else:
                raise_budget(
                    budget, amount_nanousd=amount, reason="r", expires_at=end, by=by, now=NOW
                )
        except InvalidChange:
            return

    def reserve(self, hold: Hold, amount: int) -> None:
        call_id, result = reserve(hold, amount)
        if isinstance(result, Granted):
            self.calls.append((call_id, amount))

    def extend(self, hold: Hold, amount: int) -> None:
        extend(hold, amount)

    def close(self, hold: Hold, amount: int) -> None:
        close(hold)

    def recover(self, hold: Hold, amount: int) -> None:
        recover(hold)

    def send(self, call_id: UUID, reserved: int, amount: int) -> None:
        send(call_id)

    def settle(self, call_id: UUID, reserved: int, amount: int) -> None:
        settle(call_id, Charge.exact(amount if self.beyond_bounds else min(amount, reserved)))

    def lose(self, call_id: UUID, reserved: int, amount: int) -> None:
        settle(call_id, Charge.unconfirmed())

    def release(self, call_id: UUID, reserved: int, amount: int) -> None:
        settle(call_id, Charge.released())


def check_limits(beyond_bounds: bool) -> None:
    for row in BudgetPeriod.objects.all():
        assert row.spent_nanousd >= 0
        assert row.held_nanousd >= 0
        assert beyond_bounds or row.spent_nanousd + row.held_nanousd <= row.limit_nanousd
    for hold in Hold.objects.all():
        assert hold.reserved_nanousd >= 0
        assert beyond_bounds or hold.spent_nanousd + hold.reserved_nanousd <= hold.amount_nanousd
        assert hold.amount_nanousd <= hold.limit_nanousd


@pytest.mark.parametrize("beyond_bounds", [False, True])
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_any_interleaving_keeps_every_limit_and_adds_up(
    beyond_bounds: bool, steps: list[tuple[str, Any, int]]
) -> None:
    with transaction.atomic():
        play = Play(make_world(org_limit=150, eng_limit=100), beyond_bounds)
        for step in steps:
            play.step(*step)
            check_limits(beyond_bounds)
        assert differences() == []
        for hold in play.holds:
            close(hold)
        check_limits(beyond_bounds)
        assert differences() == []
        assert not BudgetPeriod.objects.filter(held_nanousd__gt=0).exists()
        transaction.set_rollback(True)
