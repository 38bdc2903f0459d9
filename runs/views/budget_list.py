"""The page of all budgets: how they stand, what they stopped, who changed them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.core.access import Action, Caller
from budgets.models import Budget, BudgetChange, Org, Team
from budgets.selectors import budgets_of, orgs_of, teams_of
from budgets.selectors.outlook import BudgetOutlook, budget_outlooks
from budgets.services.access import can
from runs.selectors.blocked import Blocked, blocked_by_budgets
from runs.selectors.budgets import may, require_budgets
from runs.selectors.open_runs import open_runs
from runs.views.asking import caller_of, page
from runs.views.budget_forms import NewBudgetForm, RaiseForm
from runs.views.budget_words import PER, ChangeLine, Said, bar_label, said_of

BLOCKED_DAYS = 30
CHANGES = 12


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One budget of the list. `raising` None: the reader may not raise it."""

    outlook: BudgetOutlook
    raising: RaiseForm | None

    @property
    def said(self) -> Said:
        return said_of(self.outlook)

    @property
    def label(self) -> str:
        return bar_label(self.outlook)

    @property
    def per(self) -> str:
        return PER[self.outlook.budget.period]


@dataclass(frozen=True, slots=True)
class Unlimited:
    """A team, or an org, without a budget. `form` None: the reader may not set one."""

    place: str
    name: str
    form: NewBudgetForm | None

    @property
    def is_org(self) -> bool:
        return self.place.startswith("org")


@dataclass(frozen=True, slots=True)
class BlockedLine:
    """Something that a budget stopped, with the name of whose it is."""

    blocked: Blocked
    team: str


@require_safe
@page
def budgets(request: HttpRequest) -> HttpResponse:
    """Show every budget that the reader may see."""
    caller, now = caller_of(request), timezone.now()
    require_budgets(caller)
    found = budget_outlooks(list(budgets_of(caller)), now)
    found.sort(key=lambda one: (one.budget.org_id, one.budget.team_id is not None, one.name))
    context: dict[str, Any] = {
        "rows": [_row(caller, one, now) for one in found],
        "unlimited": _unlimited(caller, [one.budget for one in found]),
        "runs": open_runs(caller),
        "blocked": blocked_lines(
            caller, blocked_by_budgets(caller, now - timedelta(days=BLOCKED_DAYS))
        ),
        "blocked_days": BLOCKED_DAYS,
        "may_alert": bool(caller.team_ids(Action.WRITE_BUDGETS)),
        "changes": changes_of([one.budget for one in found], CHANGES),
    }
    return render(request, "budgets/list.html", context)


def blocked_lines(caller: Caller, found: Sequence[Blocked]) -> list[BlockedLine]:
    """Name the teams of what was stopped."""
    names = dict(teams_of(caller).values_list("pk", "name"))
    return [BlockedLine(one, names.get(one.team_id or 0, "")) for one in found]


def changes_of(budgets: Sequence[Budget], limit: int) -> list[ChangeLine]:
    """Return the latest changes of budgets."""
    rows = BudgetChange.objects.filter(budget__in=budgets).select_related(
        "budget__org", "budget__team"
    )
    return [ChangeLine(row) for row in rows.order_by("-at", "-pk")[:limit]]


def _row(caller: Caller, one: BudgetOutlook, now: datetime) -> BudgetRow:
    allowed = may(caller, Action.WRITE_BUDGETS, one.budget)
    return BudgetRow(one, RaiseForm(one.budget, now) if allowed else None)


def _unlimited(caller: Caller, limited: Sequence[Budget]) -> list[Unlimited]:
    """Return the orgs and teams without a budget, which nothing stops; archived ones are."""
    teams = {budget.team_id for budget in limited}
    orgs = {budget.org_id for budget in limited if budget.team_id is None}
    wide = [
        org
        for org in orgs_of(caller)
        if Action.READ_BUDGETS in caller.org_actions.get(org.pk, ()) and org.pk not in orgs
    ]
    running = teams_of(caller, Action.READ_BUDGETS).filter(archived_at=None)
    open_teams = [one for one in running if one.pk not in teams]
    return [_open(caller, "org", org) for org in wide] + [
        _open(caller, "team", team) for team in open_teams
    ]


def _open(caller: Caller, kind: str, place: Org | Team) -> Unlimited:
    address = f"{kind}-{place.pk}"
    allowed = can(caller, Action.WRITE_BUDGETS, place)
    form = NewBudgetForm(place=address) if allowed else None
    return Unlimited(address, place.name, form)
