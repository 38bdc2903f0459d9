"""What moves money between a hold and the periods of its team and org."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from budgets.core.errors import UnknownHold
from budgets.core.ledger import Granted, LineKind, Refused, extend
from budgets.models import Hold, LedgerLine
from budgets.services.ledger.periods import PeriodRows
from budgets.services.ledger.rows import HoldRow, lock_holds
from budgets.services.ledger.settle import Recovered, settle_abandoned
from telemetry.services.bulk import update_rows
from telemetry.services.journal import Command


@dataclass(frozen=True, slots=True)
class Closed:
    """A hold that is over.

    `returned_nanousd` is negative when more was charged than was set aside. `recovered` is what
    nobody had settled: it is settled and recorded now.
    """

    returned_nanousd: int
    recovered: tuple[Recovered, ...] = ()


@dataclass(frozen=True, slots=True)
class HoldChange(Command):
    """Extend a hold, or close it; built by ExtendHold and CloseHold.

    Both are one kind of command: a batch then locks all team rows before any org row, which two
    kinds, applied one after the other, could not do. Two writers would deadlock.
    """

    rank: ClassVar[int] = 70
    hold_id: UUID
    at: datetime
    extend_by_nanousd: int | None  # None: close

    @classmethod
    def extend(cls, hold_id: UUID, amount_nanousd: int, at: datetime) -> Self:
        """Let a hold grow. Result: Granted, or Refused with nothing changed."""
        return cls(hold_id, at, amount_nanousd)

    @classmethod
    def close(cls, hold_id: UUID, at: datetime) -> Self:
        """Give the unspent rest back and move what was spent to the periods.

        Result: Closed, or None when it was closed before.
        """
        return cls(hold_id, at, None)

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[Granted | Refused | Closed | None]:
        """Close before extending, since that frees money. Raises: UnknownHold."""
        holds = lock_holds(Hold.objects.filter(pk__in={command.hold_id for command in commands}))
        for command in commands:
            if command.hold_id not in holds:
                raise UnknownHold(f"no hold {command.hold_id}")
        at = max(command.at for command in commands)
        closing = [each for each in commands if each.extend_by_nanousd is None]
        batch = _Batch(holds, closing, at)
        closed = [
            batch.close(command) if command.extend_by_nanousd is None else None
            for command in commands
        ]
        results = [
            result if command.extend_by_nanousd is None else batch.extend(command)
            for command, result in zip(commands, closed, strict=True)
        ]
        batch.store(at)
        return results


ExtendHold = HoldChange.extend
CloseHold = HoldChange.close


class _Batch:
    """What extending and closing several locked holds will write."""

    def __init__(
        self, holds: dict[UUID, HoldRow], closing: Sequence[HoldChange], at: datetime
    ) -> None:
        self._holds = holds
        # Before calls are recorded, whose figures by hour everybody locks after the periods.
        self._periods = PeriodRows(holds.values(), at)
        self._recovered = _settle_what_is_open(holds, closing)
        self._closed: dict[UUID, datetime] = {}
        self._extended: dict[UUID, HoldRow] = {}
        self._lines: list[LedgerLine] = []

    def close(self, command: HoldChange) -> Closed | None:
        hold = self._holds[command.hold_id]
        if hold.state.closed:
            return None
        hold.state = replace(hold.state, closed=True)
        amount, spent = hold.state.amount_nanousd, hold.state.spent_nanousd
        self._periods.move(hold, held_nanousd=-amount, spent_nanousd=spent)
        self._closed[hold.id] = command.at
        self._lines.append(hold.line(LineKind.RETURN, amount - spent, command.at))
        return Closed(amount - spent, tuple(self._recovered.get(hold.id, ())))

    def extend(self, command: HoldChange) -> Granted | Refused:
        hold, amount = self._holds[command.hold_id], command.extend_by_nanousd or 0
        result = extend(hold.state, self._periods.figures(hold), amount)
        if isinstance(result, Granted):
            hold.state = replace(hold.state, amount_nanousd=hold.state.amount_nanousd + amount)
            self._periods.move(hold, held_nanousd=amount)
            self._extended[hold.id] = hold
            self._lines.append(hold.line(LineKind.EXTEND, amount, command.at))
        return result

    def store(self, at: datetime) -> None:
        update_rows(Hold, ["closed_at"], [(day, pk) for pk, day in self._closed.items()])
        update_rows(
            Hold,
            ["amount_nanousd"],
            [(hold.state.amount_nanousd, pk) for pk, hold in self._extended.items()],
        )
        LedgerLine.objects.bulk_create(self._lines)
        self._periods.store(at)


def _settle_what_is_open(
    holds: dict[UUID, HoldRow], closing: Sequence[HoldChange]
) -> dict[UUID, list[Recovered]]:
    """Settle by certainty what nobody settled on the holds that are to be closed."""
    ids = {command.hold_id for command in closing}
    going = {pk: row for pk, row in holds.items() if pk in ids and not row.state.closed}
    return settle_abandoned(going, max(each.at for each in closing)) if going else {}
