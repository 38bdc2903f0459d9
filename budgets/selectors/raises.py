"""Raises that count now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from budgets.core.limits import ActiveRaise, Raised, raised_at
from budgets.models import BudgetRaise


def active_raises(budget_ids: Collection[int], now: datetime) -> dict[int, list[BudgetRaise]]:
    """Return the raises of budgets that have not ended, those that expire first at the front."""
    rows = BudgetRaise.objects.filter(
        budget__in=budget_ids, ended_at__isnull=True, expires_at__gt=now
    )
    found: dict[int, list[BudgetRaise]] = {}
    for row in rows.order_by("expires_at", "pk"):
        found.setdefault(row.budget_id, []).append(row)
    return found


def raised_by_budget(budget_ids: Collection[int], now: datetime) -> dict[int, Raised]:
    """Return what raises add to each budget; one without any has no entry."""
    return {
        pk: raised_at([ActiveRaise(one.amount_nanousd, one.expires_at) for one in rows], now)
        for pk, rows in active_raises(budget_ids, now).items()
    }
