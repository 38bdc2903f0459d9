"""Every budget a caller may read, with what is spent of it and where that leads."""

from __future__ import annotations

from datetime import datetime

from budgets.core.access import Caller
from budgets.selectors import budgets_of
from budgets.selectors import outlook as outlooks
from budgets.selectors.outlook import BudgetOutlook

__all__ = ["BudgetOutlook", "budget_outlooks"]


def budget_outlooks(caller: Caller, now: datetime) -> list[BudgetOutlook]:
    """Return the outlook of each budget, organisations before their teams.

    Four or five queries, and one or two more for each further organisation of the caller.
    """
    found = outlooks.budget_outlooks(list(budgets_of(caller)), now)
    return sorted(found, key=lambda one: (one.budget.org_id, one.budget.team_id is not None))
