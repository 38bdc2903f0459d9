"""The current period of a budget, made when it is first needed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from budgets.core.limits import Raised
from budgets.core.period import Period, PeriodKind, period_at
from budgets.models import Budget, BudgetPeriod, Org
from budgets.selectors.raises import raised_by_budget
from budgets.services.ledger.periods import PeriodRow, lock_periods


def current_period(budget: Budget, org: Org, now: datetime) -> BudgetPeriod:
    """Return the period that `now` lies in, with the limit that holds now.

    Of several who ask at once, one makes the row.
    """
    span = period_at(PeriodKind(budget.period), org.zone, now, budget.created_at)
    period = BudgetPeriod.objects.filter(budget=budget, starts_at=span.starts_at).first()
    if period is None:
        period = _begin(budget.pk, span, now)
    if period.limit_until is not None and period.limit_until <= now:
        with transaction.atomic():
            lock_periods([period.pk], now)
        period.refresh_from_db()
    return period


def lock_budget(budget: Budget, now: datetime) -> tuple[Budget, PeriodRow, list[PeriodRow]]:
    """Lock a budget to change it: its row, the current period and all that are not over.

    More than one is not over where another process's clock is past the turn already.
    """
    locked = Budget.objects.select_for_update().get(pk=budget.pk)
    current = current_period(locked, budget.org, now)
    going = BudgetPeriod.objects.filter(budget=locked).filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    )
    rows = lock_periods(going.values_list("pk", flat=True), now)
    return locked, rows[current.pk], list(rows.values())


def _begin(budget_id: int, span: Period, now: datetime) -> BudgetPeriod:
    with transaction.atomic():
        # Whoever changes the limit has this row locked: a period that begins at the same moment
        # would else begin with the old one.
        budget = Budget.objects.select_for_update().get(pk=budget_id)
        raised = raised_by_budget([budget_id], now).get(budget_id, Raised())
        period, _ = BudgetPeriod.objects.get_or_create(
            budget=budget,
            starts_at=span.starts_at,
            defaults={
                "ends_at": span.ends_at,
                "limit_nanousd": budget.limit_nanousd + raised.amount_nanousd,
                "raised_nanousd": raised.amount_nanousd,
                "limit_until": raised.until,
            },
        )
    return period
