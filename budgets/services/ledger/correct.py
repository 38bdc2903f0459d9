"""Charging settled calls otherwise than before, by new lines: what was written stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from budgets.core.correction import corrected, correction_of
from budgets.core.ledger import LineKind, Phase, ReservationState
from budgets.models import Hold, LedgerLine, Org, Reservation
from budgets.services.ledger.periods import PeriodRows
from budgets.services.ledger.rows import HoldRow, lock_holds, store_spent
from telemetry.models import Call, CostCorrection
from telemetry.selectors.corrections import last_corrections
from telemetry.services.journal import Command
from telemetry.services.upkeep import add_corrections


@dataclass(frozen=True, slots=True)
class Correct(Command):
    """Charge a settled call what it turned out to cost.

    Hold, periods and figures follow; each call once, however often it is asked for. Result:
    nano-dollars more (negative: less), or None where nothing changed: it costs that already, it
    was made up, or its run still goes on.
    """

    # Beside HoldChange, which locks the same rows in the same order.
    rank: ClassVar[int] = 71
    call_id: UUID
    cost_nanousd: int
    repricing_id: UUID | None
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[int | None]:
        """Correct calls; those without a reservation are left as they are."""
        wanted = Reservation.objects.filter(pk__in=[command.call_id for command in commands])
        holds = lock_holds(Hold.objects.filter(pk__in=wanted.values("hold_id")))
        batch = _Batch(holds, {row.call_id: row for row in wanted}, commands[0].at)
        results = [batch.correct(command) for command in commands]
        batch.store()
        return results


class _Batch:
    """What correcting several calls of locked holds will write."""

    def __init__(
        self, holds: dict[UUID, HoldRow], rows: dict[UUID, Reservation], at: datetime
    ) -> None:
        self._holds, self._rows, self._at = holds, rows, at
        # The hold's lock guards its calls' corrections: read them once it is held.
        self._calls = Call.objects.filter(demo=False).in_bulk(list(rows))
        self._last = last_corrections(rows)
        self._periods = PeriodRows(holds.values(), at)
        self._lines: list[LedgerLine] = []
        self._corrections: list[CostCorrection] = []

    def correct(self, command: Correct) -> int | None:
        call = self._calls.get(command.call_id)
        if call is None:
            return None
        row, last = self._rows[call.pk], self._last.get(call.pk)
        hold = self._holds[row.hold_id]
        before = call.cost_nanousd if last is None else last.after_nanousd
        state = ReservationState(row.state)
        amount = correction_of(hold.state, state, before, command.cost_nanousd)
        if amount is None:
            return None
        revision = 1 if last is None else last.revision + 1
        hold.state = corrected(hold.state, Phase(row.phase), amount)
        self._periods.correct(hold, amount)
        line = hold.line(LineKind.CORRECTION, amount, command.at, call.pk)
        line.revision = revision
        self._lines.append(line)
        self._last[call.pk] = self._note(command, call, revision, before)
        return amount

    def store(self) -> None:
        store_spent(self._holds.values())
        LedgerLine.objects.bulk_create(self._lines)
        self._periods.store(self._at, tell_of_past=False)
        CostCorrection.objects.bulk_create(self._corrections)
        orgs = Org.objects.in_bulk({hold.org_id for hold in self._holds.values()})
        zones = {pk: org.zone for pk, org in orgs.items()}
        add_corrections(self._corrections, zones, self._at)

    def _note(
        self, command: Correct, call: Call, revision: int, before_nanousd: int | None
    ) -> CostCorrection:
        made = CostCorrection(
            call=call,
            revision=revision,
            at=command.at,
            before_nanousd=before_nanousd,
            after_nanousd=command.cost_nanousd,
            repricing_id=command.repricing_id,
        )
        self._corrections.append(made)
        return made
