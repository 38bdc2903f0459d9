"""Reading tenants, money and keys. Whatever a caller may not see is not there."""

from __future__ import annotations

from budgets.selectors.money import (
    NO_MONEY,
    RunMoney,
    budgets_of,
    budgets_over,
    free_nanousd,
    run_money,
)
from budgets.selectors.tenants import any_team_named, keys_of, orgs_of, team_named, teams_of

__all__ = [
    "NO_MONEY",
    "RunMoney",
    "any_team_named",
    "budgets_of",
    "budgets_over",
    "free_nanousd",
    "keys_of",
    "orgs_of",
    "run_money",
    "team_named",
    "teams_of",
]
