"""Budgets as a caller may see and change them."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied

from budgets.core.access import Action, Caller
from budgets.models import Budget
from budgets.selectors import budgets_of
from budgets.selectors.outlook import (
    BudgetOutlook,
    BudgetState,
    budget_outlooks,
    budget_states,
)
from budgets.services.access import can
from runs.core.refusals import NotVisible
from runs.selectors.runs import refusal


def require_budgets(caller: Caller) -> None:
    """Raises: PermissionDenied for who may read budgets nowhere."""
    wide = any(Action.READ_BUDGETS in actions for actions in caller.org_actions.values())
    if not wide and not caller.team_ids(Action.READ_BUDGETS):
        raise PermissionDenied(refusal(caller, Action.READ_BUDGETS))


def budget_get(caller: Caller, budget_id: int, action: Action = Action.READ_BUDGETS) -> Budget:
    """Return the budget, to which the caller may do this.

    Raises: NotVisible for one it may not read; PermissionDenied where the right is missing.
    """
    require_budgets(caller)
    budget = budgets_of(caller).filter(pk=budget_id).first()
    if budget is None:
        raise NotVisible("There is no such budget.")
    if not may(caller, action, budget):
        raise PermissionDenied(refusal(caller, action))
    return budget


def may(caller: Caller, action: Action, budget: Budget) -> bool:
    """Tell whether a caller may do this to a budget."""
    return can(caller, action, budget.team or budget.org)


def state_of(budget: Budget, now: datetime) -> BudgetState:
    """Return how one budget stands."""
    return budget_states([budget], now)[0]


def outlook_of(budget: Budget, now: datetime) -> BudgetOutlook:
    """Return how one budget stands and where its spending leads."""
    return budget_outlooks([budget], now)[0]
