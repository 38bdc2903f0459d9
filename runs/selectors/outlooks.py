"""Every budget a caller may read, with what is spent of it and where that leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from budgets.core.access import Action, Caller
from budgets.core.burn import HISTORY_DAYS, Burn, burn_of
from budgets.core.period import Period, PeriodKind, period_at
from budgets.models import Budget, BudgetPeriod, Org
from budgets.selectors import budgets_of
from runs.core.window import Window
from telemetry.core.scope import Where
from telemetry.selectors.rollups import totals

# Longer than what is judged: only so is a quiet week told from a team that has just begun.
_LOOK_BACK_DAYS = 2 * HISTORY_DAYS
# Spending of one day by team: None stands for the whole organisation.
Spending = Mapping[tuple[int | None, date], int]


@dataclass(frozen=True, slots=True)
class BudgetOutlook:
    """Hold a budget, its current period and its outlook."""

    budget: Budget
    period: Period
    limit_nanousd: int
    spent_nanousd: int
    held_nanousd: int
    burn: Burn

    @property
    def free_nanousd(self) -> int:
        """Return what can still be set aside."""
        return max(0, self.limit_nanousd - self.spent_nanousd - self.held_nanousd)


def budget_outlooks(caller: Caller, now: datetime) -> list[BudgetOutlook]:
    """Return the outlook of each budget, organisations before their teams.

    Three queries, and one more for each further organisation of the caller.
    """
    budgets = list(budgets_of(caller))
    spans = {
        budget.pk: period_at(PeriodKind(budget.period), budget.org.zone, now, budget.created_at)
        for budget in budgets
    }
    periods = {
        (row.budget_id, row.starts_at): row
        for row in BudgetPeriod.objects.filter(
            budget__in=budgets, starts_at__in={span.starts_at for span in spans.values()}
        )
    }
    spending = {org.pk: _spending(caller, org, now) for org in {one.org for one in budgets}}
    found = [
        _outlook(
            budget,
            spans[budget.pk],
            periods.get((budget.pk, spans[budget.pk].starts_at)),
            _days(spending[budget.org_id], budget, now),
            now,
        )
        for budget in budgets
    ]
    return sorted(found, key=lambda one: (one.budget.org_id, one.budget.team_id is not None))


def _outlook(
    budget: Budget,
    span: Period,
    row: BudgetPeriod | None,
    days: Sequence[int],
    now: datetime,
) -> BudgetOutlook:
    limit = budget.limit_nanousd if row is None else row.limit_nanousd
    spent = 0 if row is None else row.spent_nanousd
    burn = burn_of(days, spent_nanousd=spent, limit_nanousd=limit, now=now, ends_at=span.ends_at)
    return BudgetOutlook(budget, span, limit, spent, 0 if row is None else row.held_nanousd, burn)


def _spending(caller: Caller, org: Org, now: datetime) -> Spending:
    teams = tuple(sorted(caller.team_ids(Action.READ_BUDGETS)))
    yesterday = now.astimezone(org.zone).date() - timedelta(days=1)
    first = yesterday - timedelta(days=_LOOK_BACK_DAYS - 1)
    span = Window(first, yesterday, org.zone, now).span
    where = Where(org_ids=(org.pk,), team_ids=teams)
    rows = totals(where, span, ("team_id", "day"), sums=("cost_nanousd",), timed=False)
    found: dict[tuple[int | None, date], int] = {}
    for (team, day), figures in rows.items():
        for owner in (team, None):
            found[owner, day] = found.get((owner, day), 0) + figures.cost_nanousd
    return found


def _days(spending: Spending, budget: Budget, now: datetime) -> list[int]:
    """Return what each whole day cost, the oldest first, none before money first moved."""
    today = now.astimezone(budget.org.zone).date()
    days = [today - timedelta(days=back) for back in range(_LOOK_BACK_DAYS, 0, -1)]
    amounts = [spending.get((budget.team_id, day), 0) for day in days]
    first = next((place for place, amount in enumerate(amounts) if amount), len(amounts))
    return amounts[first:]
