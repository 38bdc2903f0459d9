"""Settling reservations by how surely the cost of their calls is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from budgets.core.errors import UnknownReservation
from budgets.core.ledger import (
    OPEN_STATES,
    Charge,
    LineKind,
    Phase,
    ReservationState,
    Settlement,
    certain_charge,
    settle,
)
from budgets.models import Hold, LedgerLine, Reservation
from budgets.services.ledger.rows import HoldRow, lock_holds, store_spent
from telemetry.models import Call, Outcome
from telemetry.services.bulk import update_rows
from telemetry.services.journal import Command
from telemetry.services.recording import RecordCall


@dataclass(frozen=True, slots=True)
class Settle(Command):
    """Replace a reservation by a charge.

    Result: nano-dollars charged (0 when released), or None when it was settled before: then
    nothing changed, so a second delivery does no harm.
    """

    rank: ClassVar[int] = 10
    call_id: UUID
    charge: Charge
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[int | None]:
        """Raises: UnknownReservation."""
        ids = [command.call_id for command in commands]
        wanted = Reservation.objects.filter(pk__in=ids)
        # The hold's lock guards its reservations: read them once it is held.
        batch = _Batch(lock_holds(Hold.objects.filter(pk__in=wanted.values("hold_id"))))
        open_rows = {row.call_id: row for row in wanted}
        results = []
        for command in commands:
            if command.call_id not in open_rows:
                raise UnknownReservation(f"no reservation for call {command.call_id}")
            results.append(batch.settle(open_rows[command.call_id], command.charge, command.at))
        batch.store()
        return results


@dataclass(frozen=True, slots=True)
class Recovered:
    """A reservation whose owner is gone, and what became of it: RELEASED or UNCONFIRMED.

    `amount_nanousd` is what was charged: the reservation if its call was sent, else 0.
    """

    call_id: UUID
    at: datetime
    org_id: int
    team_id: int
    run_id: UUID
    task_key: str
    attempt: int
    phase: str
    task_type: str
    provider: str
    model: str
    kind: str
    amount_nanousd: int


def settle_abandoned(holds: dict[UUID, HoldRow], at: datetime) -> dict[UUID, list[Recovered]]:
    """Settle by certainty whatever is still open on locked holds, and store it.

    Returns by hold what was settled. Each of those calls is yet to be recorded, in the same
    transaction, so that the ledger never has a charge without its call.
    """
    batch = _Batch(holds)
    rows = Reservation.objects.filter(hold__in=list(holds), state__in=OPEN_STATES).order_by("pk")
    recovered: dict[UUID, list[Recovered]] = {}
    for row in rows:
        charge = certain_charge(ReservationState(row.state))
        charged = batch.settle(row, charge, at) or 0
        one = _recovered(row, holds[row.hold_id], charged, at)
        recovered.setdefault(row.hold_id, []).append(one)
    batch.store()
    return recovered


def record_recovered(one: Recovered) -> RecordCall:
    """Return what records a call whose end nobody saw."""
    sent = one.kind == ReservationState.UNCONFIRMED
    return RecordCall(
        Call(
            id=one.call_id,
            at=one.at,
            org_id=one.org_id,
            team_id=one.team_id,
            run_id=one.run_id,
            task_key=one.task_key,
            attempt=one.attempt,
            phase=one.phase,
            task_type=one.task_type,
            provider=one.provider,
            model=one.model,
            outcome=Outcome.UNCONFIRMED if sent else Outcome.RELEASED,
            error_class="WorkerDied",
            error_origin="us",
            unconfirmed=sent,
            cost_nanousd=one.amount_nanousd,
        )
    )


def _recovered(row: Reservation, hold: HoldRow, charged_nanousd: int, at: datetime) -> Recovered:
    return Recovered(
        row.call_id,
        at,
        hold.org_id,
        hold.team_id,
        row.run_id,
        row.task_key,
        row.attempt,
        row.phase,
        row.task_type,
        row.provider,
        row.model,
        row.state,
        charged_nanousd,
    )


class _Batch:
    """What settling several reservations of locked holds will write."""

    def __init__(self, holds: dict[UUID, HoldRow]) -> None:
        self._holds = holds
        self._changed: dict[UUID, HoldRow] = {}
        self._states: list[tuple[str, UUID]] = []
        self._lines: list[LedgerLine] = []

    def settle(self, row: Reservation, charge: Charge, at: datetime) -> int | None:
        if row.state not in OPEN_STATES:
            return None
        hold = self._holds[row.hold_id]
        done = settle(hold.state, Phase(row.phase), row.amount_nanousd, charge)
        hold.state = done.hold
        row.state = done.state
        self._changed[hold.id] = hold
        self._states.append((done.state, row.call_id))
        self._lines.extend(_lines(hold, row.call_id, done, at))
        return done.charged_nanousd

    def store(self) -> None:
        store_spent(self._changed.values())
        update_rows(Reservation, ["state"], self._states)
        LedgerLine.objects.bulk_create(self._lines)


def _lines(hold: HoldRow, call_id: UUID, done: Settlement, at: datetime) -> Iterable[LedgerLine]:
    if done.state is ReservationState.RELEASED:
        return
    kind = LineKind.UNCONFIRMED if done.state is ReservationState.UNCONFIRMED else LineKind.CHARGE
    yield hold.line(kind, done.charged_nanousd, at, call_id, done.over_bound)
