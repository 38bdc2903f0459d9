"""What people do to budgets; what stands against it is said on the page they came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from budgets.core.access import Action, Caller
from budgets.core.errors import InvalidChange
from budgets.core.period import PeriodKind
from budgets.models import BudgetRaise, Org, Team
from budgets.selectors import orgs_of, teams_of
from budgets.services.access import can
from budgets.services.limits import Wanted, change_budget, create_budget, end_raise, raise_budget
from runs.core.refusals import NotVisible
from runs.selectors.budgets import budget_get
from runs.selectors.runs import refusal
from runs.views.asking import caller_of, page
from runs.views.budget_forms import BudgetForm, NewBudgetForm, RaiseForm
from runs.views.budget_words import moment_in
from runs.views.formats import usd


@require_POST
@page
def budget_new(request: HttpRequest, place: str) -> HttpResponse:
    """Limit a team or an org that has no budget."""
    caller = caller_of(request)
    org, team = _place(caller, place)
    if not can(caller, Action.WRITE_BUDGETS, team or org):
        raise PermissionDenied(refusal(caller, Action.WRITE_BUDGETS))
    form = NewBudgetForm(request.POST)

    def work(given: dict[str, Any]) -> str:
        made = create_budget(
            org=org, team=team, period=PeriodKind(given["period"]), wanted=_wanted(given),
            by=caller, now=timezone.now(),
        )  # fmt: skip
        return f"{team.name if team else org.name} may spend {usd(made.limit_nanousd)} from now on."

    _try(request, form, work)
    return redirect("budgets")


@require_POST
@page
def budget_change(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Set a budget's limit and when people are told."""
    caller = caller_of(request)
    budget = budget_get(caller, budget_id, Action.WRITE_BUDGETS)

    def work(given: dict[str, Any]) -> str:
        change_budget(budget, _wanted(given), by=caller, now=timezone.now(), reason=given["reason"])
        return "Changed. It counts from now on."

    _try(request, BudgetForm(request.POST), work)
    return redirect("budget", budget_id)


@require_POST
@page
def budget_raise(request: HttpRequest, budget_id: int) -> HttpResponse:
    """Give a budget more room for a while."""
    caller, now = caller_of(request), timezone.now()
    budget = budget_get(caller, budget_id, Action.WRITE_BUDGETS)

    def work(given: dict[str, Any]) -> str:
        made = raise_budget(
            budget, amount_nanousd=given["amount_usd"], reason=given["reason"],
            expires_at=given["expires_at"], by=caller, now=now,
        )  # fmt: skip
        until = moment_in(made.expires_at, budget.org.zone)
        return f"Raised by {usd(made.amount_nanousd)} until {until}."

    _try(request, RaiseForm(budget, now, request.POST), work)
    return redirect("budget", budget_id)


@require_POST
@page
def raise_end(request: HttpRequest, budget_id: int, raise_id: int) -> HttpResponse:
    """Take a raise back before it expires."""
    caller = caller_of(request)
    budget = budget_get(caller, budget_id, Action.WRITE_BUDGETS)
    made = BudgetRaise.objects.filter(budget=budget, pk=raise_id).first()
    if made is None:
        raise NotVisible("There is no such raise.")
    made.budget = budget
    if end_raise(made, by=caller, now=timezone.now()):
        messages.success(request, "The raise is taken back.", extra_tags="ok")
    return redirect("budget", budget_id)


def _try(request: HttpRequest, form: forms.Form, work: Callable[[dict[str, Any]], str]) -> None:
    """Do what a form asks for, and say what came of it."""
    if not form.is_valid():
        _say(request, form, {name: list(errors) for name, errors in form.errors.items()})
        return
    try:
        messages.success(request, work(form.cleaned_data), extra_tags="ok")
    except InvalidChange as refused:
        _say(request, form, {name: list(errors) for name, errors in refused.errors.items()})


def _say(request: HttpRequest, form: forms.Form, errors: dict[str, list[Any]]) -> None:
    for name, sentences in errors.items():
        field = form.fields.get(name)
        label = field.label or name.replace("_", " ").capitalize() if field else ""
        text = f"{label}: {sentences[0]}" if label else str(sentences[0])
        messages.error(request, text, extra_tags="bad")


def _wanted(given: dict[str, Any]) -> Wanted:
    return Wanted(given["limit_usd"], given["thresholds"], given["forecast_thresholds"])


def _place(caller: Caller, place: str) -> tuple[Org, Team | None]:
    """Return what `team-<id>` or `org-<id>` names. Raises: NotVisible."""
    kind, _, number = place.partition("-")
    pk = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    if kind == "team":
        team = teams_of(caller, Action.READ_BUDGETS).filter(pk=pk).first()
        if team is not None:
            return team.org, team
    org = orgs_of(caller).filter(pk=pk).first() if kind == "org" else None
    if org is None or Action.READ_BUDGETS not in caller.org_actions.get(org.pk, ()):
        raise NotVisible("There is no such team.")
    return org, None
