"""The page on what routing has learned: how sure it is, how that moved, and what it costs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from budgets.core.access import Action
from budgets.selectors import orgs_of
from budgets.services.access import can
from runs.core.refusals import NotVisible
from runs.selectors.runs import refusal
from runs.selectors.tuning.places import places_of
from runs.services.sharing import share_learning
from runs.views.asking import caller_of, page


@require_safe
@page
def learning(request: HttpRequest) -> HttpResponse:
    """Show what was learned in one place."""
    caller = caller_of(request)
    places = places_of(caller)
    if not places:
        raise PermissionDenied(refusal(caller, Action.READ_USAGE))
    key = request.GET.get("place", "")
    place = next((one for one in places if one.key == key), places[0])
    context: dict[str, Any] = {"places": places, "place": place}
    return render(request, "learning/page.html", context)


@require_POST
@page
def sharing(request: HttpRequest) -> HttpResponse:
    """Share what an organisation learned with all others that do, or no longer."""
    caller = caller_of(request)
    org = orgs_of(caller).filter(slug=request.POST.get("org", "").replace("\0", "")).first()
    if org is None:
        raise NotVisible("There is no such organisation.")
    if not can(caller, Action.SHARE_LEARNING, org):
        raise PermissionDenied(refusal(caller, Action.SHARE_LEARNING))
    wanted = request.POST.get("share") == "yes"
    share_learning(org, wanted=wanted, actor=caller.name, now=timezone.now())
    said = "Shared from now on." if wanted else "No longer shared, from now on."
    messages.success(request, said, extra_tags="ok")
    return redirect("learning")
