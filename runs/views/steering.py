"""Cancelling a run, going on with one, and running it again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from budgets.core.access import Action
from budgets.core.errors import BudgetExceeded
from runs.core.refusals import (
    AlreadyEnded,
    InvalidSubmission,
    ModelsNotAllowed,
    NoCommonModel,
    NotResumable,
    RunBudgetSpent,
    TeamArchived,
)
from runs.forms import ResumeForm
from runs.selectors.runs import run_get
from runs.selectors.submitted import submission_of
from runs.services import lifecycle, submission
from runs.services.narrowing import record_no_common_model
from runs.views.asking import caller_of, page
from runs.views.refusing import sentence


@require_POST
@page
def run_cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    caller = caller_of(request)
    run_get(caller, run_id, Action.WRITE_RUNS)
    try:
        lifecycle.cancel(run_id, timezone.now(), by=caller.name)
    except AlreadyEnded as refused:
        messages.warning(request, str(refused), extra_tags="warn")
    return redirect("run", run_id)


@require_POST
@page
def run_rerun(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Submit a run's body again, and show the new one; or say what stands against it."""
    caller = caller_of(request)
    run = run_get(caller, run_id, Action.WRITE_RUNS)
    try:
        again = submission.submit(caller, submission_of(run), timezone.now())
    except InvalidSubmission as refused:
        said = "; ".join(message for found in refused.errors.values() for message in found)
        messages.error(request, f"It cannot be run again: {said}", extra_tags="bad")
    except (BudgetExceeded, ModelsNotAllowed) as refused:
        messages.error(request, sentence(refused), extra_tags="bad")
    else:
        return redirect("run", again.pk)
    return redirect("run", run_id)


@require_POST
@page
def run_resume(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Go on with a run; what stands against it is said on its page."""
    caller = caller_of(request)
    form = ResumeForm(run_get(caller, run_id, Action.WRITE_RUNS), request.POST)
    if not form.is_valid():
        for field, errors in form.errors.items():
            messages.error(request, f"{form.fields[field].label}: {errors[0]}", extra_tags="bad")
        return redirect("run", run_id)
    try:
        lifecycle.resume(
            run_id,
            timezone.now(),
            budget_nanousd=form.cleaned_data["budget_usd"],
            time_limit_seconds=form.cleaned_data["time_limit_minutes"] * 60,
            by=caller.name,
        )
    except (NotResumable, TeamArchived, RunBudgetSpent, BudgetExceeded) as refused:
        messages.error(request, sentence(refused), extra_tags="bad")
    except NoCommonModel as refused:
        record_no_common_model(refused, caller.name, timezone.now())
        messages.error(request, sentence(refused), extra_tags="bad")
    return redirect("run", run_id)
