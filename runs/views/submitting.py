"""The form that hands in a project, and the question whether to go on with one like it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from budgets.core.access import Action, Caller
from budgets.core.errors import BudgetExceeded
from budgets.models import Team
from budgets.selectors import teams_of
from runs.core.refusals import InvalidSubmission, ModelsNotAllowed, RunBudgetSpent, TeamArchived
from runs.core.submission import Submission
from runs.forms import SubmitForm
from runs.selectors.run_filters import RunFilters
from runs.selectors.runs import run_list
from runs.services import resume, submission
from runs.views.asking import caller_of, page
from runs.views.formats import look_of
from runs.views.refusing import sentence

FIELDS = {"budget_nanousd": "budget_usd", "time_limit_seconds": "time_limit_minutes"}


@dataclass(frozen=True, slots=True)
class ResumeChoice:
    """A run that could be gone on with, as the form offers it."""

    id: UUID
    project: str
    status_label: str
    similarity_percent: int
    tasks_done: int
    tasks_total: int
    created_at: datetime


@require_http_methods(["GET", "HEAD", "POST"])
@page
def run_new(request: HttpRequest) -> HttpResponse:
    """Show the form, or hand in what it holds."""
    caller = caller_of(request)
    every = list(teams_of(caller, Action.WRITE_RUNS))
    teams = [team for team in every if team.archived_at is None]
    if not teams:
        if not every:
            raise PermissionDenied
        messages.error(request, str(TeamArchived(every[0].name)), extra_tags="bad")
        return redirect("runs")
    context: dict[str, Any] = {"teams": teams}
    if request.method != "POST":
        return _show(request, context | {"form": SubmitForm(teams)})
    form = SubmitForm(teams, request.POST)
    context["form"] = form
    if not form.is_valid():
        return _show(request, context, status=422)
    team: Team = form.cleaned_data["team"] or teams[0]
    choice = request.POST.get("resume", "")
    if not choice and (offered := _offered(caller, team, form.cleaned_data)):
        return _show(request, context | {"candidates": offered})
    return _submit(request, caller, team, form, choice, context)


def _submit(
    request: HttpRequest,
    caller: Caller,
    team: Team,
    form: SubmitForm,
    choice: str,
    context: dict[str, Any],
) -> HttpResponse:
    asked = _submission(team, form.cleaned_data, choice)
    try:
        run = submission.submit(caller, asked, timezone.now())
    except InvalidSubmission as refused:
        for field, messages in refused.errors.items():
            name = FIELDS.get(field, field)
            for message in messages:
                form.add_error(name if name in form.fields else None, message)
        return _show(request, context, status=422)
    except (BudgetExceeded, RunBudgetSpent, ModelsNotAllowed) as refused:
        status = 403 if isinstance(refused, ModelsNotAllowed) else 402
        return _show(request, context | {"refusal": sentence(refused)}, status=status)
    return redirect("run", run.pk)


def _submission(team: Team, given: dict[str, Any], choice: str) -> Submission:
    return Submission(
        project=given["project"],
        success_criteria=given["success_criteria"],
        team=f"{team.org.slug}/{team.slug}",
        budget_nanousd=given["budget_usd"],
        time_limit_seconds=given["time_limit_minutes"] * 60,
        resume=_uuid_or_never(choice),
    )


def _uuid_or_never(choice: str) -> Any:
    # The person was asked, so nothing is resumed on its own.
    try:
        return UUID(choice)
    except ValueError:
        return "never"


def _offered(caller: Caller, team: Team, given: dict[str, Any]) -> list[ResumeChoice]:
    found = resume.find(team.pk, given["project"], given["success_criteria"], timezone.now())
    readable = run_list(caller, RunFilters()).in_bulk([one.id for one in found.ranked])
    return [
        ResumeChoice(
            id=run.pk,
            project=getattr(run, "project_excerpt", ""),
            status_label=look_of(run.status).label,
            similarity_percent=round(100 * one.similarity),
            tasks_done=run.tasks_done,
            tasks_total=run.tasks_total,
            created_at=run.created_at,
        )
        for one in found.ranked
        if (run := readable.get(one.id)) is not None
    ]


def _show(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "runs/new.html", context, status=status)
