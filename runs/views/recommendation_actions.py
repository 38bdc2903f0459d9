"""What people decide on recommendations; what stands against it is said on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from budgets.core.access import Action
from budgets.core.errors import BudgetExceeded
from budgets.core.money import format_usd
from routing.core.stages import APPLIED, CANARY, SHADOW, WrongStage
from routing.models import Recommendation
from routing.models.recommendation import Kind
from routing.selectors.steering import DEFAULT_SHARE
from routing.services.recommendations import Wanted, advance, dismiss, revert
from routing.services.recommendations.shadow_money import default_cap
from runs.selectors.recommendations import recommendation_get
from runs.views.asking import caller_of, page
from runs.views.budget_forms import AmountField
from runs.views.refusing import sentence

DONE = {
    SHADOW: "In shadow: both models answer, and only the present one counts.",
    CANARY: "The canary has begun. It stops by itself if quality drops.",
    APPLIED: "Applied. It holds for every call from now on, and can be reverted at any time.",
}
DISMISSED: Mapping[str, str] = {
    Kind.ROUTING: "Dismissed. It is not proposed again for 30 days.",
    Kind.FINE_TUNING: "Dismissed. Who reckons again may propose it again.",
}
REVERTED: Mapping[str, str] = {
    Kind.ROUTING: "Reverted. Models are chosen as before from now on.",
    Kind.FINE_TUNING: "Reverted. What its model brings is not counted from now on; to have it "
    "called no more, take it from the models.",
}


class ShadowForm(forms.Form):
    """The money of a shadow."""

    budget_usd = AmountField(label="Most it may cost")

    @classmethod
    def of(cls, row: Recommendation) -> Self:
        return cls(initial={"budget_usd": format_usd(default_cap(row))})


class CanaryForm(forms.Form):
    """The share of a canary, in percent of the traffic."""

    share = forms.IntegerField(
        min_value=1, max_value=50, initial=round(100 * DEFAULT_SHARE), label="Share of the tasks"
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, required=False, label="Reason")


@require_POST
@page
def recommendation_apply(request: HttpRequest, recommendation_id: UUID) -> HttpResponse:
    """Take a recommendation to the stage that was chosen."""
    caller = caller_of(request)
    row = recommendation_get(caller, recommendation_id, Action.STEER_ROUTING)
    stage = request.POST.get("stage") or None
    kinds: dict[str | None, type[forms.Form]] = {SHADOW: ShadowForm, CANARY: CanaryForm}
    form = kinds.get(stage, forms.Form)(request.POST)

    def work(given: dict[str, Any]) -> str:
        share = given.get("share")
        wanted = Wanted(stage, given.get("budget_usd"), share / 100 if share else None)
        return DONE[advance(row.pk, wanted, by=caller.name, now=timezone.now()).state]

    return _try(request, row, form, work)


@require_POST
@page
def recommendation_dismiss(request: HttpRequest, recommendation_id: UUID) -> HttpResponse:
    """Turn a proposal down."""
    return _with_reason(request, recommendation_id, dismiss, DISMISSED)


@require_POST
@page
def recommendation_revert(request: HttpRequest, recommendation_id: UUID) -> HttpResponse:
    """Take a recommendation back."""
    return _with_reason(request, recommendation_id, revert, REVERTED)


def _with_reason(
    request: HttpRequest,
    pk: UUID,
    decide: Callable[..., Recommendation],
    said: Mapping[str, str],
) -> HttpResponse:
    """Decide for the reason that was given, and say what came of it."""
    caller = caller_of(request)
    row = recommendation_get(caller, pk, Action.STEER_ROUTING)

    def work(given: dict[str, Any]) -> str:
        decide(row.pk, by=caller.name, now=timezone.now(), reason=given["reason"])
        return said[row.kind]

    return _try(request, row, ReasonForm(request.POST), work)


def _try(
    request: HttpRequest,
    row: Recommendation,
    form: forms.Form,
    work: Callable[[dict[str, Any]], str],
) -> HttpResponse:
    """Do what a form asks for, and say what came of it."""
    if form.is_valid():
        try:
            messages.success(request, work(form.cleaned_data), extra_tags="ok")
        except (WrongStage, BudgetExceeded) as refused:
            messages.error(request, sentence(refused), extra_tags="bad")
    else:
        name, errors = next(iter(form.errors.items()))
        messages.error(request, f"{form.fields[name].label}: {errors[0]}", extra_tags="bad")
    return redirect("recommendation", row.pk)
