"""Limits in the back office: changed where limits are changed everywhere."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.timezone import now

from budgets.admin.columns import dollars
from budgets.core.period import PeriodKind
from budgets.forms import BudgetForm
from budgets.models import Budget, User
from budgets.services.access import caller_of_user
from budgets.services.limits import Wanted, change_budget, create_budget
from telemetry.admin.kinds import TableAdmin


@admin.register(Budget)
class BudgetAdmin(TableAdmin):
    """Limits. A new limit counts at once and is recorded with the person's name."""

    form = BudgetForm
    list_display = [
        "__str__", "org", "team", "period", dollars("limit_nanousd"), "thresholds", "created_at",
    ]  # fmt: skip
    list_filter = ["org", "period"]
    list_select_related = ["org", "team"]
    search_fields = ["org__name", "team__name"]
    date_hierarchy = "created_at"

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> list[str]:
        """Let only limit and thresholds of an existing budget change."""
        return ["org", "team", "period"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Budget | None = None) -> bool:
        """Refuse: its periods are history."""
        return False

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        """Change a budget where budgets are changed, so that the current period follows."""
        at, by = now(), caller_of_user(cast(User, request.user))
        wanted = Wanted(obj.limit_nanousd, obj.thresholds, obj.forecast_thresholds)
        if change:
            change_budget(obj, wanted, by=by, now=at)
            return
        made = create_budget(
            org=obj.org, team=obj.team, period=PeriodKind(obj.period), wanted=wanted, by=by, now=at
        )
        obj.pk = made.pk
