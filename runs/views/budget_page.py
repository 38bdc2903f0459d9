"""The page of one budget: burn-down, forecast, limit and alerts, raises, changes, past periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.core.access import Action
from budgets.models import BudgetAlert, BudgetPeriod
from runs.selectors.blocked import blocked_by_budgets
from runs.selectors.budgets import budget_get, may, outlook_of
from runs.selectors.open_runs import open_runs
from runs.views.asking import caller_of, page
from runs.views.budget_chart import burn_down
from runs.views.budget_forms import BudgetForm, RaiseForm
from runs.views.budget_list import BLOCKED_DAYS, blocked_lines, changes_of
from runs.views.budget_words import PER, bar_label, moment_in, period_label, said_of

CHANGES = 50
PAST_PERIODS = 24
ALERTS = 20


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """One line of the history of periods."""

    row: BudgetPeriod

    @property
    def name(self) -> str:
        return period_label(self.row.budget, self.row.starts_at, self.row.ends_at)

    @property
    def label(self) -> str:
        return bar_label(self.row)

    @property
    def over_nanousd(self) -> int:
        """Return what was spent beyond the limit."""
        return max(0, self.row.spent_nanousd - self.row.limit_nanousd)


@require_safe
@page
def budget(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Show one budget."""
    caller, now = caller_of(request), timezone.now()
    found = budget_get(caller, budget_id)
    outlook = outlook_of(found, now)
    zone, may_write = found.org.zone, may(caller, Action.WRITE_BUDGETS, found)
    blocked = blocked_by_budgets(caller, now - timedelta(days=BLOCKED_DAYS), budget=found)
    past = found.periods.select_related("budget__org").filter(ends_at__lte=now)
    context: dict[str, Any] = {
        "one": outlook,
        "budget": found,
        "said": said_of(outlook),
        "per": PER[found.period],
        "label": bar_label(outlook),
        "period": period_label(found, outlook.period.starts_at, outlook.period.ends_at),
        "chart": burn_down(outlook, now),
        "raises": [(one, moment_in(one.expires_at, zone)) for one in outlook.raises],
        "raising": RaiseForm(found, now) if may_write else None,
        "form": BudgetForm.of(found) if may_write else None,
        "runs": open_runs(caller, budget=found),
        "blocked": blocked_lines(caller, blocked),
        "blocked_days": BLOCKED_DAYS,
        "changes": changes_of([found], CHANGES),
        "past": [PastPeriod(row) for row in past.order_by("-starts_at")[:PAST_PERIODS]],
        "alerts": BudgetAlert.objects.filter(period__budget=found).order_by("-at")[:ALERTS],
    }
    return render(request, "budgets/page.html", context)
