"""Changing a budget's limit, so that everyone can see who did."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from budgets.models import Budget
from budgets.services.ledger.periods import lock_periods
from budgets.services.periods import current_period
from telemetry.services.recording import RecordEvent


def change_limit(budget: Budget, limit_nanousd: int, *, actor: str, now: datetime) -> Budget:
    """Set the limit from now on, the current period's too; money already held stays held.

    `actor` is written down with the change. Raises: ValueError below zero.
    """
    if limit_nanousd < 0:
        raise ValueError("a limit is never negative")
    with transaction.atomic():
        period = current_period(budget, budget.org, now)
        (row,) = lock_periods([period.pk]).values()
        before, budget.limit_nanousd = row.limit_nanousd, limit_nanousd
        budget.save(update_fields=["limit_nanousd"])
        period.limit_nanousd = row.limit_nanousd = limit_nanousd
        period.save(update_fields=["limit_nanousd"])
        event = row.event("budget.changed", now, before_nanousd=before, actor=actor)
        RecordEvent.apply([event])
    return budget
