"""Reserving a call's upper bound on its run's hold, and marking the call as sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from budgets.core.errors import UnknownHold, UnknownReservation
from budgets.core.ledger import (
    OPEN_STATES,
    Granted,
    Phase,
    Refused,
    ReservationState,
    reserve,
)
from budgets.models import Hold, Reservation
from budgets.services.ledger.rows import HoldRow, lock_holds, store_reserved
from telemetry.services.bulk import update_rows
from telemetry.services.journal import Command


@dataclass(frozen=True, slots=True)
class Reserve(Command):
    """Reserve a call's upper bound. Result: Granted, or Refused with nothing changed."""

    # After Settle, so that money freed in a batch can be reserved in it; before MarkSent.
    rank: ClassVar[int] = 11
    hold_id: UUID
    call_id: UUID
    run_id: UUID
    task_key: str
    attempt: int
    phase: str
    task_type: str
    provider: str
    model: str
    amount_nanousd: int
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[Granted | Refused]:
        """Judge in the order given. Raises: UnknownHold."""
        holds = lock_holds(Hold.objects.filter(pk__in={command.hold_id for command in commands}))
        results = [_judge(holds, command) for command in commands]
        granted = [
            command
            for command, result in zip(commands, results, strict=True)
            if isinstance(result, Granted)
        ]
        store_reserved(holds[hold_id] for hold_id in {command.hold_id for command in granted})
        Reservation.objects.bulk_create(_reservation(command) for command in granted)
        return results


def _judge(holds: dict[UUID, HoldRow], command: Reserve) -> Granted | Refused:
    hold = holds.get(command.hold_id)
    if hold is None:
        raise UnknownHold(f"no hold {command.hold_id}")
    hold.state, result = reserve(hold.state, Phase(command.phase), command.amount_nanousd)
    return result


def _reservation(command: Reserve) -> Reservation:
    return Reservation(
        call_id=command.call_id,
        hold_id=command.hold_id,
        run_id=command.run_id,
        task_key=command.task_key,
        attempt=command.attempt,
        phase=command.phase,
        task_type=command.task_type,
        provider=command.provider,
        model=command.model,
        amount_nanousd=command.amount_nanousd,
        state=ReservationState.RESERVED,
        reserved_at=command.at,
    )


@dataclass(frozen=True, slots=True)
class MarkSent(Command):
    """Note that a call is about to leave: from here on it may be billed.

    Result: False when its reservation is no longer open; then the call must not be made.
    """

    rank: ClassVar[int] = 12
    call_id: UUID
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[bool]:
        """Raises: UnknownReservation."""
        rows = Reservation.objects.filter(pk__in=[command.call_id for command in commands])
        states = dict(rows.select_for_update().order_by("pk").values_list("call_id", "state"))
        for command in commands:
            if command.call_id not in states:
                raise UnknownReservation(f"no reservation for call {command.call_id}")
        update_rows(
            Reservation,
            ["state", "sent_at"],
            [
                (ReservationState.SENT, command.at, command.call_id)
                for command in commands
                if states[command.call_id] == ReservationState.RESERVED
            ],
        )
        return [states[command.call_id] in OPEN_STATES for command in commands]
