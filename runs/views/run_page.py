"""The page of one run, whole or the part of it that updates itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from budgets.core.access import Action
from budgets.services.access import can
from runs.core.filters import carried
from runs.core.refusals import NotVisible
from runs.forms import ResumeForm
from runs.models import Run
from runs.selectors.recent import run_version
from runs.selectors.runs import run_get
from runs.views.asking import UNCHANGED, caller_of, page, wants_part
from runs.views.bodies import TABS, Address, Page


@require_safe
@page
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show a run; a poll that has seen all there is gets an empty answer."""
    caller = caller_of(request)
    # Read before the run: what changes in between is then shown twice rather than never.
    version = run_version(caller, run_id)
    if version is None:
        raise NotVisible("There is no such run.")
    if wants_part(request) and request.GET.get("seen") == version:
        return HttpResponse(status=UNCHANGED)
    found = run_get(caller, run_id)
    texts = can(caller, Action.READ_TEXTS, found.team)
    sees = can(caller, Action.READ_DECISIONS, found.team)
    shown = Page(_address(request, found), version, caller, texts=texts, sees_decisions=sees)
    may_write = can(caller, Action.WRITE_RUNS, found.team)
    context: dict[str, Any] = {"page": shown, "may_write": may_write}
    if wants_part(request):
        return render(request, "runs/parts/live.html", context)
    context["resume_form"] = ResumeForm(found)
    return render(request, "runs/run.html", context)


def _address(request: HttpRequest, found: Run) -> Address:
    tab = request.GET.get("tab", "")
    return Address(
        found,
        tab if tab in TABS else "tasks",
        request.GET.get("task", "").replace("\0", ""),  # PostgreSQL takes no NUL
        request.GET.get("before", ""),
        tuple(carried(dict(request.GET.lists()))),
    )
