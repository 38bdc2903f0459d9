"""Reading the money of runs, and what is free."""

from __future__ import annotations

import pytest
from uuid_utils.compat import uuid7

from budgets import selectors
from budgets.core.ledger import Charge, Phase
from budgets.models import Hold
from budgets.services.allocation import open_hold
from tests.integration.budgets.world import NOW, close, make_world, reserve, settle

pytestmark = pytest.mark.django_db


def test_the_money_of_a_run_adds_up_over_all_its_holds(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    world = make_world()
    first, other = world.hold(100), world.hold(50)
    settle(reserve(first, 40)[0], Charge.exact(30))
    close(first)
    again = open_hold(
        run_id=first.run_id,
        org=world.org,
        team=world.eng,
        limit_nanousd=70,
        amount_nanousd=70,
        now=NOW,
    )
    settle(reserve(again, 9, phase="evaluation")[0], Charge.unconfirmed())
    reserve(again, 5)
    with django_assert_num_queries(1):  # type: ignore[operator]
        money = selectors.run_money([first.run_id, other.run_id, uuid7()])
    assert set(money) == {first.run_id, other.run_id}
    assert (money[first.run_id].spent_nanousd, money[first.run_id].reserved_nanousd) == (39, 5)
    assert money[first.run_id].phases == {
        Phase.DECOMPOSITION: 0,
        Phase.GENERATION: 30,
        Phase.CROSS_REVIEW: 0,
        Phase.EVALUATION: 9,
    }
    assert money[other.run_id] == selectors.NO_MONEY


def test_what_is_free_is_the_least_that_any_budget_leaves() -> None:
    world = make_world(org_limit=1000, eng_limit=500)
    assert selectors.free_nanousd(world.org, world.eng, NOW) == 500
    world.hold(100)
    assert selectors.free_nanousd(world.org, world.eng, NOW) == 400
    world.hold(800, team=world.ops)
    assert selectors.free_nanousd(world.org, world.eng, NOW) == 100
    assert selectors.free_nanousd(world.org, world.ops, NOW) == 100


def test_nothing_limits_a_team_without_budgets() -> None:
    world = make_world(org_limit=None, eng_limit=None)
    assert selectors.free_nanousd(world.org, world.eng, NOW) is None


def test_asking_what_is_free_writes_nothing() -> None:
    world = make_world()
    selectors.free_nanousd(world.org, world.eng, NOW)
    assert not Hold.objects.exists()
    assert not world.org.budgets.filter(periods__isnull=False).exists()
