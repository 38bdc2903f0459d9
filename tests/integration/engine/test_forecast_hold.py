"""Runs that set aside only what they will likely need, and ask for more as they go."""

from __future__ import annotations

from typing import Any

import pytest

from budgets.models import Budget, Hold, LedgerLine, Reservation
from runs.models import Run
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import assert_money_adds_up, calls_of, carry, given_run
from tests.integration.engine.world import make_team

pytestmark = pytest.mark.django_db(transaction=True)


def measured() -> tuple[int, str]:
    """Return the bound of a task's first call, and the model that took it."""
    (run,) = carry(given_run({"key": "a"}, cache="never"))
    first = calls_of(run)[0]
    return Reservation.objects.get(call_id=first.id).amount_nanousd, first.model


def forecast_run(model: str, *, limit: int, amount: int, **overrides: Any) -> Run:
    """Store a run whose hold may still grow from `amount` to `limit`."""
    run = given_run({"key": "a"}, cache="never", allowed_models=[model], **overrides)
    Hold.objects.filter(run_id=run.id).update(limit_nanousd=limit, amount_nanousd=amount)
    return run


def test_a_hold_grows_by_what_is_missing_where_a_whole_call_would_pass_its_limit(
    providers: Simulator,
) -> None:
    bound, model = measured()
    run = forecast_run(model, limit=bound + bound // 4, amount=bound // 2, time_limit_seconds=20)

    (ended,) = carry(run)

    assert calls_of(run), "the money for one call was there"
    assert ended.status != "TIMEOUT", ended.failure
    assert_money_adds_up(ended)


def test_a_hold_spends_what_it_has_when_its_team_has_no_more(providers: Simulator) -> None:
    bound, model = measured()
    team = make_team()
    Budget.objects.create(org=team.org, team=team, period="total", limit_nanousd=2 * bound)
    run = forecast_run(
        model, limit=20 * bound, amount=2 * bound, budget_nanousd=2 * bound, time_limit_seconds=20
    )

    (ended,) = carry(run)

    assert calls_of(run), "the hold had room for a call"
    assert not LedgerLine.objects.filter(run_id=run.id, kind="EXTEND").exists()
    assert ended.status != "TIMEOUT", ended.failure
    assert_money_adds_up(ended)
