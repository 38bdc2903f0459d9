"""The list of recommendations: what would save money, what is being tried, what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from budgets.core.access import Action
from routing.models.recommendation import STEERING, State
from routing.services.recommendations.advising import advise_on_demand
from runs.selectors.recommendations import (
    orgs_to_advise,
    readings_of,
    realised_totals,
    recommendation_list,
    require_advice,
)
from runs.selectors.runs import refusal
from runs.views.asking import caller_of, page
from runs.views.recommendation_lines import lines_of

SHOWN = 100
OVER = 20


@require_safe
@page
def recommendations(request: HttpRequest) -> HttpResponse:
    """Show what could be saved, what is under way, and what is over."""
    caller = caller_of(request)
    require_advice(caller)
    rows = recommendation_list(caller)
    opened = rows.filter(state__in=[State.PROPOSED, *STEERING]).order_by("-saving_nanousd")[:SHOWN]
    over = rows.exclude(state__in=[State.PROPOSED, *STEERING])[:OVER]
    lines = lines_of(readings_of(caller, [*opened, *over]))
    proposed = [one for one in lines if one.reading.row.state == State.PROPOSED]
    context: dict[str, Any] = {
        "proposed": proposed,
        "acting": [one for one in lines if one.reading.row.state in STEERING],
        "over": [one for one in lines if one.reading.row.state not in (State.PROPOSED, *STEERING)],
        "possible_nanousd": sum(one.reading.row.saving_nanousd for one in proposed),
        "at_least_nanousd": sum(one.reading.row.saving_low_nanousd for one in proposed),
        "realised_nanousd": realised_totals(caller)[0],
        "may_compute": bool(orgs_to_advise(caller)),
    }
    return render(request, "recommendations/list.html", context)


@require_POST
@page
def recommendations_compute(request: HttpRequest) -> HttpResponse:
    """Compute routing advice anew, from what attempts came to by now."""
    caller = caller_of(request)
    orgs = orgs_to_advise(caller)
    if not orgs:
        raise PermissionDenied(refusal(caller, Action.STEER_ROUTING))
    now = timezone.now()
    asked = [advise_on_demand(org_id, now, caller.name) for org_id in sorted(orgs)]
    done = [one for one in asked if one is not None]
    if not done:
        messages.info(request, "Computed less than a minute ago: nothing newer is to be had yet.")
        return redirect("recommendations")
    new, same = sum(one.proposed for one in done), sum(one.renewed for one in done)
    gone = sum(one.outdated for one in done)
    text = f"Computed: {new} new, {same} with new figures, {gone} no longer hold."
    messages.success(request, text, extra_tags="ok")
    return redirect("recommendations")
