"""What is stored about tenants, access and money, one module a noun."""

from __future__ import annotations

from budgets.models.alert import AlertChannel, AlertDelivery, BudgetAlert
from budgets.models.change import BudgetChange, BudgetRaise
from budgets.models.hold import Hold, Reservation
from budgets.models.idempotency import IdempotentRequest
from budgets.models.key import ApiKey
from budgets.models.limit import Budget, BudgetPeriod
from budgets.models.line import LedgerLine
from budgets.models.org import Org, Team
from budgets.models.person import Membership, User
from budgets.models.sign_in import Invitation, SignIn

__all__ = [
    "AlertChannel",
    "AlertDelivery",
    "ApiKey",
    "Budget",
    "BudgetAlert",
    "BudgetChange",
    "BudgetPeriod",
    "BudgetRaise",
    "Hold",
    "IdempotentRequest",
    "Invitation",
    "LedgerLine",
    "Membership",
    "Org",
    "Reservation",
    "SignIn",
    "Team",
    "User",
]
