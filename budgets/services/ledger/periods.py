"""Budget period rows as the ledger locks, judges and writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from budgets.core.ledger import LimitState, threshold_crossed
from budgets.models import BudgetPeriod
from budgets.services.ledger.rows import HoldRow
from telemetry.services.bulk import update_rows
from telemetry.services.recording import RecordEvent

_COLUMNS = (
    "id",
    "budget_id",
    "limit_nanousd",
    "spent_nanousd",
    "held_nanousd",
    "budget__org_id",
    "budget__team_id",
    "budget__thresholds",
    "alerted_percent",
)


@dataclass(slots=True)
class PeriodRow:
    """One locked period; its figures are what they will be once stored."""

    id: int
    budget_id: int
    limit_nanousd: int
    spent_nanousd: int
    held_nanousd: int
    org_id: int
    team_id: int | None
    thresholds: list[int]
    told_percent: int

    @property
    def scope(self) -> Literal["team", "org"]:
        """Return whose budget it is."""
        return "org" if self.team_id is None else "team"

    @property
    def figures(self) -> LimitState:
        """Return what the pure decisions look at."""
        return LimitState(self.scope, self.limit_nanousd, self.spent_nanousd, self.held_nanousd)

    def event(self, kind: str, at: datetime, **more: int | str) -> RecordEvent:
        """Return an event that carries the new figures."""
        payload: dict[str, int | str] = {
            "budget_id": self.budget_id,
            "period_id": self.id,
            "limit_nanousd": self.limit_nanousd,
            "spent_nanousd": self.spent_nanousd,
            "held_nanousd": self.held_nanousd,
        }
        return RecordEvent(kind, at, self.org_id, self.team_id, None, payload | more)


class PeriodRows:
    """The periods of several holds, locked: every team's first, then every org's."""

    def __init__(self, holds: Iterable[HoldRow]) -> None:
        holds = list(holds)
        self._rows = lock_periods({hold.team_period_id for hold in holds})
        self._rows |= lock_periods({hold.org_period_id for hold in holds})
        self._changed: dict[int, PeriodRow] = {}

    def figures(self, hold: HoldRow) -> tuple[LimitState, ...]:
        """Return the figures of a hold's periods, its team's first."""
        return tuple(row.figures for row in self._of(hold))

    def move(self, hold: HoldRow, *, held_nanousd: int, spent_nanousd: int = 0) -> None:
        """Add to what the hold's periods hold, and to what they have spent."""
        for row in self._of(hold):
            row.held_nanousd += held_nanousd
            row.spent_nanousd += spent_nanousd
            self._changed[row.id] = row

    def store(self, at: datetime) -> None:
        """Write what changed, with an event each, and one for a threshold passed."""
        rows = list(self._changed.values())
        events = [row.event("budget.moved", at) for row in rows]
        for row in rows:
            percent = threshold_crossed(
                row.thresholds, row.limit_nanousd, row.spent_nanousd, row.told_percent
            )
            if percent is not None:
                row.told_percent = percent
                events.append(row.event("budget.threshold", at, percent=percent))
        update_rows(
            BudgetPeriod,
            ["spent_nanousd", "held_nanousd", "alerted_percent"],
            [(row.spent_nanousd, row.held_nanousd, row.told_percent, row.id) for row in rows],
        )
        RecordEvent.apply(events)

    def _of(self, hold: HoldRow) -> list[PeriodRow]:
        ids = (hold.team_period_id, hold.org_period_id)
        return [self._rows[pk] for pk in ids if pk is not None]


def lock_periods(ids: Iterable[int | None]) -> dict[int, PeriodRow]:
    """Lock periods in id order until the transaction ends, and read them."""
    wanted = {pk for pk in ids if pk is not None}
    if not wanted:
        return {}
    rows = (
        BudgetPeriod.objects.filter(pk__in=wanted)
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list(*_COLUMNS)
    )
    return {row[0]: PeriodRow(*row) for row in rows}
