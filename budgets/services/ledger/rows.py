"""Hold rows between the database and the pure decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from budgets.core.ledger import HoldState, LineKind, Phase
from budgets.models import Hold, LedgerLine
from telemetry.services.bulk import update_rows

PHASE_FIELDS = {phase: f"spent_{phase.value}_nanousd" for phase in Phase}
_COLUMNS = (
    "id",
    "run_id",
    "org_id",
    "team_id",
    "team_period_id",
    "org_period_id",
    "closed_at",
    "limit_nanousd",
    "amount_nanousd",
    "spent_nanousd",
    "reserved_nanousd",
    *PHASE_FIELDS.values(),
)


@dataclass(slots=True)
class HoldRow:
    """One locked hold; `state` is what it will be once stored."""

    id: UUID
    run_id: UUID
    org_id: int
    team_id: int
    team_period_id: int | None
    org_period_id: int | None
    state: HoldState

    def line(
        self,
        kind: LineKind,
        amount_nanousd: int,
        at: datetime,
        call_id: UUID | None = None,
        over_bound: bool = False,
    ) -> LedgerLine:
        """Return a ledger line of this hold, not stored yet."""
        return LedgerLine(
            hold_id=self.id,
            run_id=self.run_id,
            org_id=self.org_id,
            team_id=self.team_id,
            call_id=call_id,
            kind=kind,
            amount_nanousd=amount_nanousd,
            over_bound=over_bound,
            at=at,
        )


def lock_holds(holds: QuerySet[Hold]) -> dict[UUID, HoldRow]:
    """Lock holds in id order until the transaction ends, and read them."""
    rows = holds.select_for_update().order_by("pk").values_list(*_COLUMNS)
    return {row[0]: _hold_row(*row) for row in rows}


def _hold_row(
    pk: UUID,
    run_id: UUID,
    org_id: int,
    team_id: int,
    team_period_id: int | None,
    org_period_id: int | None,
    closed_at: datetime | None,
    limit: int,
    amount: int,
    spent: int,
    reserved: int,
    *by_phase: int,
) -> HoldRow:
    phases = dict(zip(PHASE_FIELDS, by_phase, strict=True))
    state = HoldState(limit, amount, spent, reserved, phases, closed_at is not None)
    return HoldRow(pk, run_id, org_id, team_id, team_period_id, org_period_id, state)


def store_reserved(holds: Iterable[HoldRow]) -> None:
    """Write what is reserved, and nothing else: the cheapest write, made for every call."""
    update_rows(
        Hold, ["reserved_nanousd"], [(hold.state.reserved_nanousd, hold.id) for hold in holds]
    )


def store_spent(holds: Iterable[HoldRow]) -> None:
    """Write what is reserved and spent, by phase too."""
    update_rows(
        Hold,
        ["reserved_nanousd", "spent_nanousd", *PHASE_FIELDS.values()],
        [
            (
                hold.state.reserved_nanousd,
                hold.state.spent_nanousd,
                *(hold.state.phases[phase] for phase in PHASE_FIELDS),
                hold.id,
            )
            for hold in holds
        ],
    )
