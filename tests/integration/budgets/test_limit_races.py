"""Two workers and a web process around a change of the limit, a raise's end and a period's turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from uuid_utils.compat import uuid7

from budgets.core.access import Caller
from budgets.core.errors import BudgetExceeded, InvalidChange
from budgets.core.ledger import Granted
from budgets.models import Budget, BudgetPeriod, Hold, Org, Team
from budgets.services.allocation import open_hold
from budgets.services.ledger import CloseHold, ExtendHold
from budgets.services.limits import Wanted, change_budget, end_raise, raise_budget
from telemetry.services.journal import apply_now
from tests.integration.budgets.race import at_once, in_processes
from tests.integration.budgets.world import NOW, World, differences, make_world

pytestmark = pytest.mark.django_db(transaction=True)

WEB = 2  # of the processes 0, 1 and 2
TURN = datetime(2026, 12, 1, tzinfo=UTC)
ANN = Caller("ann")


def the_world() -> World:
    org = Org.objects.get(slug="acme")
    teams = {team.slug: team for team in Team.objects.filter(org=org)}
    return World(org, teams["eng"], teams["ops"])


def eng_budget() -> Budget:
    return Budget.objects.select_related("org").get(team__slug="eng")


def take(world: World, amount: int, now: datetime) -> Hold:
    return open_hold(
        run_id=uuid7(), org=world.org, team=world.eng, limit_nanousd=1_000,
        amount_nanousd=amount, now=now,
    )  # fmt: skip


def _work(number: int, change: Callable[[int], None], clock: Callable[[int], datetime]) -> int:
    """A worker takes and grows until nothing is left for a while; the web process changes."""
    world, taken = the_world(), 0
    try:
        for step in range(40):
            if number == WEB:
                change(step)
                continue
            now = clock(step)
            try:
                hold = take(world, 7, now)
                taken += 1
            except BudgetExceeded:
                time.sleep(0.005)
                continue
            if isinstance(apply_now(ExtendHold(hold.pk, 3, now))[0], Granted) and step % 3 == 0:
                apply_now(CloseHold(hold.pk, now))
    finally:
        connection.close()
    return taken


def assert_no_limit_is_passed() -> None:
    for period in BudgetPeriod.objects.all():
        assert period.spent_nanousd + period.held_nanousd <= period.limit_nanousd
    assert differences() == []


def _standing_still(step: int) -> datetime:
    return NOW


def _over_the_turn(step: int) -> datetime:
    return TURN + timedelta(seconds=step - 20)


def _change_limit(step: int) -> None:
    try:
        change_budget(eng_budget(), Wanted(limit_nanousd=(60, 200, 90)[step % 3]), by=ANN, now=NOW)
    except InvalidChange:
        return


def test_a_limit_that_goes_up_and_down_is_never_passed() -> None:
    make_world(org_limit=10_000, eng_limit=100)
    taken = in_processes(3, partial(_work, change=_change_limit, clock=_standing_still))
    assert taken[0] + taken[1] > 0
    assert_no_limit_is_passed()
    budget = eng_budget()
    assert set(budget.periods.values_list("limit_nanousd", flat=True)) == {budget.limit_nanousd}


def _change_at_the_turn(step: int) -> None:
    now = _over_the_turn(step)
    try:
        change_budget(eng_budget(), Wanted(limit_nanousd=100 + step), by=ANN, now=now)
        raise_budget(
            eng_budget(), amount_nanousd=5, reason="turn", expires_at=TURN + timedelta(days=9),
            by=ANN, now=now,
        )  # fmt: skip
    except InvalidChange:
        return


def test_a_period_that_begins_while_the_limit_changes_begins_with_what_holds() -> None:
    make_world(org_limit=10_000, eng_limit=100)
    in_processes(3, partial(_work, change=_change_at_the_turn, clock=_over_the_turn))
    assert_no_limit_is_passed()
    budget = eng_budget()
    november, december = budget.periods.order_by("starts_at")
    raised = sum(budget.raises.values_list("amount_nanousd", flat=True))
    assert december.limit_nanousd == budget.limit_nanousd + raised
    assert december.raised_nanousd == raised
    assert november.ends_at == december.starts_at == TURN


def test_of_a_raise_and_the_turn_at_the_same_moment_neither_is_lost() -> None:
    for day in range(4):
        world = make_world(org_limit=None, eng_limit=100, slug=f"acme-{day}")
        budget = Budget.objects.select_related("org").get(team=world.eng)
        raise_it = partial(
            raise_budget, budget, amount_nanousd=50, reason="r", by=ANN,
            expires_at=TURN + timedelta(days=1), now=TURN - timedelta(seconds=1),
        )  # fmt: skip
        results = at_once([raise_it, *[partial(take, world, 30, TURN)] * 6])
        assert [one for one in results if not isinstance(one, Hold | BudgetExceeded)] == results[:1]
        assert budget.periods.get(starts_at=TURN).limit_nanousd == 150
    assert_no_limit_is_passed()


def test_what_is_taken_while_a_raise_is_taken_back_never_passes_both() -> None:
    world = make_world(org_limit=None, eng_limit=100)
    budget = eng_budget()
    for _ in range(5):
        made = raise_budget(
            budget, amount_nanousd=100, reason="r", by=ANN, now=NOW,
            expires_at=NOW + timedelta(hours=1),
        )  # fmt: skip
        results = at_once(
            [partial(end_raise, made, by=ANN, now=NOW), *[partial(take, world, 30, NOW)] * 8]
        )
        holds = [one for one in results if isinstance(one, Hold)]
        assert 3 <= len(holds) <= 6
        period = budget.periods.get()
        assert (period.limit_nanousd, period.raised_nanousd) == (100, 0)
        apply_now(*(CloseHold(hold.pk, NOW) for hold in holds))
    assert differences() == []


def _take_at(number: int) -> Any:
    world = the_world()
    try:
        return [_taken(world, NOW + timedelta(seconds=step)) for step in range(12)]
    finally:
        connection.close()


def _taken(world: World, now: datetime) -> tuple[bool, datetime]:
    try:
        take(world, 10, now)
    except BudgetExceeded:
        return False, now
    return True, now


def test_a_raise_that_expires_gives_nothing_away_after_its_end_in_any_process() -> None:
    make_world(org_limit=None, eng_limit=20)
    end = NOW + timedelta(seconds=6)
    raise_budget(eng_budget(), amount_nanousd=1_000, reason="r", expires_at=end, by=ANN, now=NOW)
    tries = [one for results in in_processes(3, _take_at) for one in results]
    assert any(granted for granted, _ in tries)
    assert [now for granted, now in tries if granted and now >= end] == []
    assert differences() == []
