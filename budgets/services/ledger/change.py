"""What moves money between a hold and the periods of its team and org."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import ClassVar, Self
from uuid import UUID

from budgets.core.errors import UnknownHold
from budgets.core.ledger import Granted, LineKind, Refused, extend
from budgets.models import Hold, LedgerLine
from budgets.services.ledger.periods import PeriodRows
from budgets.services.ledger.rows import HoldRow, lock_holds
from budgets.services.ledger.settle import Recovered, record_recovered, settle_abandoned
from telemetry.services.bulk import update_rows
from telemetry.services.journal import Command


@dataclass(frozen=True, slots=True)
class Closed:
    """A hold that is over.

    `returned_nanousd` is negative when more was charged than was set aside. `recovered` is what
    nobody had settled: it is settled now, and recorded in the same transaction.
    """

    returned_nanousd: int
    recovered: tuple[Recovered, ...] = ()


class Wish(Enum):
    """What is to become of a hold."""

    EXTEND = "EXTEND"
    CLOSE = "CLOSE"
    RECOVER = "RECOVER"


@dataclass(frozen=True, slots=True)
class HoldChange(Command):
    """Change a hold; built by ExtendHold, CloseHold and RecoverHold.

    All are one kind of command: a batch then locks all team rows before any org row, and the
    figures of the hour after both, which kinds applied one after the other could not do. Two
    writers would deadlock.
    """

    rank: ClassVar[int] = 70
    hold_id: UUID
    at: datetime
    wish: Wish
    extend_by_nanousd: int = 0

    @classmethod
    def extend(cls, hold_id: UUID, amount_nanousd: int, at: datetime) -> Self:
        """Let a hold grow. Result: Granted, or Refused with nothing changed."""
        return cls(hold_id, at, Wish.EXTEND, amount_nanousd)

    @classmethod
    def close(cls, hold_id: UUID, at: datetime) -> Self:
        """Give the unspent rest back and move what was spent to the periods.

        Result: Closed, or None when it was closed before.
        """
        return cls(hold_id, at, Wish.CLOSE)

    @classmethod
    def recover(cls, hold_id: UUID, at: datetime) -> Self:
        """Settle what a dead owner left open on a hold that stays: sent is charged, unsent given
        back.

        Result: a tuple of Recovered.
        """
        return cls(hold_id, at, Wish.RECOVER)

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[Result]:
        """Close before extending, since that frees money. Raises: UnknownHold."""
        holds = lock_holds(Hold.objects.filter(pk__in={command.hold_id for command in commands}))
        for command in commands:
            if command.hold_id not in holds:
                raise UnknownHold(f"no hold {command.hold_id}")
        batch = _Batch(holds, commands)
        results: list[Result] = [None] * len(commands)
        for wish in (Wish.CLOSE, Wish.RECOVER, Wish.EXTEND):
            for place, command in enumerate(commands):
                if command.wish is wish:
                    results[place] = batch.change(command)
        batch.store()
        return results

    @classmethod
    def followed_by(cls, results: Sequence[Result]) -> Sequence[Command]:
        """Record what was recovered, with the calls that a batch records itself."""
        return [record_recovered(one) for result in results for one in recovered_in(result)]


ExtendHold = HoldChange.extend
CloseHold = HoldChange.close
RecoverHold = HoldChange.recover
Result = Granted | Refused | Closed | tuple[Recovered, ...] | None


def recovered_in(result: Result) -> tuple[Recovered, ...]:
    """Return what a change of a hold settled in place of a dead owner."""
    if isinstance(result, Closed):
        return result.recovered
    return result if isinstance(result, tuple) else ()


class _Batch:
    """What changing several locked holds will write."""

    def __init__(self, holds: dict[UUID, HoldRow], commands: Sequence[HoldChange]) -> None:
        self._holds = holds
        self._at = max(command.at for command in commands)
        moving = {one.hold_id for one in commands if one.wish is not Wish.RECOVER}
        self._periods = PeriodRows((holds[pk] for pk in moving), self._at)
        self._recovered = self._settle_what_is_open(commands)
        self._closed: dict[UUID, datetime] = {}
        self._extended: dict[UUID, HoldRow] = {}
        self._lines: list[LedgerLine] = []

    def _settle_what_is_open(self, commands: Sequence[HoldChange]) -> dict[UUID, list[Recovered]]:
        """Settle by certainty what nobody settled on the holds that were left."""
        left = {one.hold_id for one in commands if one.wish is not Wish.EXTEND}
        going = {pk: row for pk, row in self._holds.items() if pk in left and not row.state.closed}
        return settle_abandoned(going, self._at) if going else {}

    def change(self, command: HoldChange) -> Result:
        match command.wish:
            case Wish.CLOSE:
                return self._close(command)
            case Wish.RECOVER:
                return self._take_recovered(command.hold_id)
            case Wish.EXTEND:
                return self._extend(command)

    def _take_recovered(self, hold_id: UUID) -> tuple[Recovered, ...]:
        # Told once, however often it is asked for: each is a call to be recorded.
        return tuple(self._recovered.pop(hold_id, ()))

    def _close(self, command: HoldChange) -> Closed | None:
        hold = self._holds[command.hold_id]
        if hold.state.closed:
            return None
        hold.state = replace(hold.state, closed=True)
        amount, spent = hold.state.amount_nanousd, hold.state.spent_nanousd
        self._periods.move(hold, held_nanousd=-amount, spent_nanousd=spent)
        self._closed[hold.id] = command.at
        self._lines.append(hold.line(LineKind.RETURN, amount - spent, command.at))
        return Closed(amount - spent, self._take_recovered(hold.id))

    def _extend(self, command: HoldChange) -> Granted | Refused:
        hold, amount = self._holds[command.hold_id], command.extend_by_nanousd
        result = extend(hold.state, self._periods.figures(hold), amount)
        if isinstance(result, Granted):
            hold.state = replace(hold.state, amount_nanousd=hold.state.amount_nanousd + amount)
            self._periods.move(hold, held_nanousd=amount)
            self._extended[hold.id] = hold
            self._lines.append(hold.line(LineKind.EXTEND, amount, command.at))
        return result

    def store(self) -> None:
        update_rows(Hold, ["closed_at"], [(day, pk) for pk, day in self._closed.items()])
        update_rows(
            Hold,
            ["amount_nanousd"],
            [(hold.state.amount_nanousd, pk) for pk, hold in self._extended.items()],
        )
        LedgerLine.objects.bulk_create(self._lines)
        self._periods.store(self._at)
