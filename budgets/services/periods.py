"""The current period of a budget, made when it is first needed."""

from __future__ import annotations

from datetime import datetime

from budgets.core.period import PeriodKind, period_at
from budgets.models import Budget, BudgetPeriod, Org


def current_period(budget: Budget, org: Org, now: datetime) -> BudgetPeriod:
    """Return the period that `now` lies in; of several who ask at once, one makes the row."""
    span = period_at(PeriodKind(budget.period), org.zone, now, budget.created_at)
    period, _ = BudgetPeriod.objects.get_or_create(
        budget=budget,
        starts_at=span.starts_at,
        defaults={"ends_at": span.ends_at, "limit_nanousd": budget.limit_nanousd},
    )
    return period
