"""The page on what routing has learned: how sure it is, how that moved, and what it costs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from budgets.core.access import Action
from budgets.models import Org
from budgets.selectors import orgs_of
from budgets.services.access import can
from routing.selectors.profiles import shares
from runs.core.agreement import agreement
from runs.core.exploration import exploration
from runs.core.heat import FEW
from runs.core.refusals import NotVisible
from runs.core.rules import TaskType
from runs.core.tradeoff import stretches
from runs.selectors.learned import (
    MOST_DECISIONS,
    WINDOW,
    learned,
    movement,
    steps_of,
    verdict_pairs,
)
from runs.selectors.runs import refusal
from runs.selectors.tuning.places import places_of
from runs.services.sharing import share_learning
from runs.views.asking import caller_of, page
from runs.views.filter_parts import Preset
from runs.views.formats import words
from runs.views.learning_figures import (
    busiest,
    explored_text,
    inks_of,
    interval_rows,
    legend_of,
    moved_figure,
    tradeoff_figure,
    worth_text,
)
from runs.views.tuning import chosen_place
from runs.views.tuning_tables import money


@require_safe
@page
def learning(request: HttpRequest) -> HttpResponse:
    """Show what was learned of one type of task in one place."""
    caller, now = caller_of(request), timezone.now()
    place = chosen_place(caller, request)
    asked = request.GET.get("type", "")
    task_type = asked if asked in set(TaskType) else TaskType.CODE_GENERATION.value
    known = learned(place, task_type, now)
    drawn = busiest(known.candidates)
    models = [one.model for one in drawn]
    moved = movement(place, task_type, drawn, now)
    chosen = stretches(known.candidates, known.threshold)
    explored = exploration(steps_of(place, task_type, now))
    context: dict[str, Any] = {
        "places": places_of(caller),
        "place": place,
        "task_type": task_type,
        "types": [
            Preset(words(kind), _url(place.key, kind), kind == task_type, f"{known.seen[kind]:,}")
            for kind in (each.value for each in TaskType)
        ],
        "known": known,
        "rows": interval_rows(known.candidates),
        "moved_days": len(moved.days),
        "moved_figure": moved_figure(moved) if drawn and len(moved.days) > 1 else "",
        "moved_legend": inks_of(models),
        "stretches": [(one, worth_text(one)) for one in chosen],
        "tradeoff_figure": tradeoff_figure(known.candidates, chosen, models) if chosen else "",
        "tradeoff_legend": legend_of(chosen, models),
        "explored": explored,
        "explored_total": money(explored.total_nanousd) if explored else "",
        "explored_mean": explored_text(explored) if explored else "",
        "agreed": agreement(verdict_pairs(place, task_type)),
        "few": FEW,
        "days": WINDOW.days,
        "most_decisions": MOST_DECISIONS,
        "shares": shares(place.org.pk),
        "may_share": can(caller, Action.SHARE_LEARNING, place.org),
    }
    return render(request, "learning/page.html", context)


@require_POST
@page
def sharing(request: HttpRequest) -> HttpResponse:
    """Share what an organisation learned with all others that do, or no longer."""
    caller = caller_of(request)
    org: Org | None = orgs_of(caller).filter(slug=request.POST.get("org", "")[:50]).first()
    if org is None:
        raise NotVisible("There is no such organisation.")
    if not can(caller, Action.SHARE_LEARNING, org):
        raise PermissionDenied(refusal(caller, Action.SHARE_LEARNING))
    wanted = request.POST.get("share") == "yes"
    share_learning(org, wanted=wanted, actor=caller.name, now=timezone.now())
    said = "Shared from now on." if wanted else "No longer shared, from now on."
    messages.success(request, said, extra_tags="ok")
    return redirect(f"{reverse('learning')}?{urlencode({'place': f'org-{org.pk}'})}")


def _url(place: str, task_type: str) -> str:
    return f"{reverse('learning')}?{urlencode({'place': place, 'type': task_type})}"
