"""A small world of money: one org, two teams, budgets as a test wants them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from budgets.core.ledger import Charge
from budgets.models import Budget, BudgetPeriod, Hold, Org, Reservation, Team
from budgets.services.allocation import open_hold
from budgets.services.ledger import (
    Closed,
    CloseHold,
    ExtendHold,
    MarkSent,
    Recovered,
    RecoverHold,
    Reserve,
    Settle,
)
from budgets.services.reconciliation import reconcile
from telemetry.models import Call
from telemetry.services.journal import apply_now

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@dataclass
class World:
    """An org with team eng, and its neighbour team ops."""

    org: Org
    eng: Team
    ops: Team

    def hold(self, amount: int = 100, *, team: Team | None = None, limit: int = 0) -> Hold:
        return open_hold(
            run_id=uuid7(),
            org=self.org,
            team=team or self.eng,
            limit_nanousd=max(limit, amount),
            amount_nanousd=amount,
            now=NOW,
        )


def make_world(
    *, org_limit: int | None = 1000, eng_limit: int | None = 500, slug: str = "acme"
) -> World:
    org = Org.objects.create(name="Acme", slug=slug)
    eng = Team.objects.create(org=org, name="Eng", slug="eng")
    ops = Team.objects.create(org=org, name="Ops", slug="ops")
    if org_limit is not None:
        Budget.objects.create(org=org, period="month", limit_nanousd=org_limit)
    if eng_limit is not None:
        Budget.objects.create(org=org, team=eng, period="month", limit_nanousd=eng_limit)
    return World(org, eng, ops)


def reserve_command(hold: Hold, amount: int, **changes: Any) -> Reserve:
    fields: dict[str, Any] = {
        "hold_id": hold.pk,
        "call_id": uuid7(),
        "run_id": hold.run_id,
        "task_key": "t1",
        "attempt": 1,
        "phase": "generation",
        "task_type": "summarization",
        "provider": "sim-openai",
        "model": "sim/gpt",
        "amount_nanousd": amount,
        "at": NOW,
    }
    return Reserve(**(fields | changes))


def reserve(hold: Hold, amount: int, **changes: Any) -> tuple[UUID, Any]:
    command = reserve_command(hold, amount, **changes)
    (result,) = apply_now(command)
    return command.call_id, result


def send(call_id: UUID) -> bool:
    (result,) = apply_now(MarkSent(call_id, NOW))
    return bool(result)


def settle(call_id: UUID, charge: Charge) -> int | None:
    """Settle, and write the call's row as the engine does."""
    (charged,) = apply_now(Settle(call_id, charge, NOW))
    if charged is not None:
        record_call(call_id, charged)
    return None if charged is None else int(charged)


def record_call(call_id: UUID, cost: int | None) -> None:
    call_row(call_id, cost).save()


def call_row(call_id: UUID, cost: int | None) -> Call:
    """Return the row of a settled call, not stored yet."""
    row = Reservation.objects.select_related("hold").get(pk=call_id)
    return Call(
        id=call_id,
        at=NOW,
        org_id=row.hold.org_id,
        team_id=row.hold.team_id,
        run_id=row.run_id,
        phase=row.phase,
        provider=row.provider,
        model=row.model,
        outcome="ok",
        cost_nanousd=cost,
    )


def extend(hold: Hold, amount: int) -> Any:
    (result,) = apply_now(ExtendHold(hold_id=hold.pk, amount_nanousd=amount, at=NOW))
    return result


def close(hold: Hold) -> Closed | None:
    (result,) = apply_now(CloseHold(hold_id=hold.pk, at=NOW))
    assert result is None or isinstance(result, Closed)
    return result


def recover(*holds: Hold) -> list[Recovered]:
    """Settle what a dead owner left open on these holds."""
    results = apply_now(*(RecoverHold(hold.pk, NOW) for hold in holds))
    return [one for recovered in results for one in recovered]


def period_of(team: Team | None, org: Org) -> BudgetPeriod:
    return BudgetPeriod.objects.get(budget__org=org, budget__team=team)


def figures(team: Team | None, org: Org) -> tuple[int, int]:
    """Return spent and held of the only period of a scope."""
    period = period_of(team, org)
    return period.spent_nanousd, period.held_nanousd


def differences() -> list[str]:
    return [each.what for check in reconcile() for each in check.differences]
