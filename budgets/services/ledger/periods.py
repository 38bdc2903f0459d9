"""Budget period rows as the ledger locks, judges and writes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from budgets.core.alert import AlertKind
from budgets.core.ledger import LimitState, threshold_crossed
from budgets.core.limits import Raised
from budgets.models import BudgetAlert, BudgetPeriod
from budgets.selectors.raises import raised_by_budget
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
    "raised_nanousd",
    "limit_until",
    "corrected_nanousd",
    "ends_at",
)


_COUNTERS = ("spent_nanousd", "held_nanousd", "corrected_nanousd", "alerted_percent")


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
    raised_nanousd: int = 0
    limit_until: datetime | None = None
    corrected_nanousd: int = 0
    ends_at: datetime | None = None

    def is_over(self, at: datetime) -> bool:
        """Tell whether it has ended."""
        return self.ends_at is not None and self.ends_at <= at

    @property
    def base_nanousd(self) -> int:
        """Return the limit without raises."""
        return self.limit_nanousd - self.raised_nanousd

    def is_outdated(self, at: datetime) -> bool:
        """Tell whether a raise that the limit holds has expired."""
        return self.limit_until is not None and self.limit_until <= at

    def limit_to(self, base_nanousd: int, raised: Raised) -> None:
        """Let the limit be this base and these raises."""
        self.limit_nanousd = base_nanousd + raised.amount_nanousd
        self.raised_nanousd, self.limit_until = raised.amount_nanousd, raised.until

    @property
    def counters(self) -> tuple[int, ...]:
        """Return what money moves, in the order of the columns."""
        return self.spent_nanousd, self.held_nanousd, self.corrected_nanousd, self.told_percent

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

    def __init__(self, holds: Iterable[HoldRow], at: datetime) -> None:
        holds = list(holds)
        self._rows = lock_periods({hold.team_period_id for hold in holds}, at)
        self._rows |= lock_periods({hold.org_period_id for hold in holds}, at)
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

    def correct(self, hold: HoldRow, amount_nanousd: int) -> None:
        """Add to what the hold's periods have spent, as what was found out later."""
        self.move(hold, held_nanousd=0, spent_nanousd=amount_nanousd)
        for row in self._of(hold):
            row.corrected_nanousd += amount_nanousd

    def store(self, at: datetime, *, tell_of_past: bool = True) -> None:
        """Write what changed, with an event each, and an alert for a threshold passed.

        `tell_of_past` False: nobody is told of thresholds of periods that are over.
        """
        rows = list(self._changed.values())
        events = [row.event("budget.moved", at) for row in rows]
        told = [row for row in rows if tell_of_past or not row.is_over(at)]
        RecordEvent.apply([*events, *tell_passed(told, at)])
        update_rows(BudgetPeriod, _COUNTERS, [(*row.counters, row.id) for row in rows])

    def _of(self, hold: HoldRow) -> list[PeriodRow]:
        ids = (hold.team_period_id, hold.org_period_id)
        return [self._rows[pk] for pk in ids if pk is not None]


def tell_passed(rows: Iterable[PeriodRow], at: datetime) -> list[RecordEvent]:
    """Write an alert for each locked period whose spending passed a threshold; return the events.

    Each threshold is told once a period: the caller stores `told_percent`.
    """
    alerts, events = [], []
    for row in rows:
        percent = threshold_crossed(
            row.thresholds, row.limit_nanousd, row.spent_nanousd, row.told_percent
        )
        if percent is not None:
            row.told_percent = percent
            alerts.append(_alert(row, percent, at))
            events.append(row.event("budget.threshold", at, percent=percent))
    BudgetAlert.objects.bulk_create(alerts, ignore_conflicts=True)
    return events


def _alert(row: PeriodRow, percent: int, at: datetime) -> BudgetAlert:
    return BudgetAlert(
        period_id=row.id,
        kind=AlertKind.ACTUAL,
        percent=percent,
        limit_nanousd=row.limit_nanousd,
        spent_nanousd=row.spent_nanousd,
        held_nanousd=row.held_nanousd,
        at=at,
    )


def lock_periods(ids: Iterable[int | None], at: datetime) -> dict[int, PeriodRow]:
    """Lock periods in id order until the transaction ends, and read them as of `at`.

    The one place where raises that have expired are taken out of the limit.
    """
    wanted = {pk for pk in ids if pk is not None}
    if not wanted:
        return {}
    found = (
        BudgetPeriod.objects.filter(pk__in=wanted)
        .select_for_update(of=("self",))
        .order_by("pk")
        .values_list(*_COLUMNS)
    )
    rows = {row[0]: PeriodRow(*row) for row in found}
    _take_out_expired([row for row in rows.values() if row.is_outdated(at)], at)
    return rows


def store_limits(rows: Iterable[PeriodRow]) -> None:
    """Write the limits of locked periods."""
    update_rows(
        BudgetPeriod,
        ["limit_nanousd", "raised_nanousd", "limit_until"],
        [(row.limit_nanousd, row.raised_nanousd, row.limit_until, row.id) for row in rows],
    )


def _take_out_expired(rows: list[PeriodRow], at: datetime) -> None:
    if not rows:
        return
    # Whoever makes a raise locks the periods first, so none is missed here.
    raised = raised_by_budget({row.budget_id for row in rows}, at)
    for row in rows:
        row.limit_to(row.base_nanousd, raised.get(row.budget_id, Raised()))
    store_limits(rows)
    RecordEvent.apply([row.event("budget.raise_expired", at) for row in rows])
