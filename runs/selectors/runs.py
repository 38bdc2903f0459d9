"""Runs as a caller may see them, one by one and in lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.functions import Left

from budgets.core.access import SCOPE_FOR, Action, Caller
from budgets.selectors import NO_MONEY, RunMoney, run_money
from budgets.services.access import caller_now, can
from runs.core.refusals import NotVisible
from runs.core.status import RESUMABLE
from runs.models import Run
from runs.selectors.run_filters import EVERYTHING, RunFilters, narrowed

EXCERPT_CHARS = 300
# What a list leaves in the database: texts of up to a hundred thousand characters.
_BODIES = ("project", "success_criteria", "signature")


@dataclass(frozen=True, slots=True)
class RunReading:
    """A run with its money, and its texts as long as the reader wants them."""

    run: Run
    money: RunMoney
    project: str
    success_criteria: str

    @property
    def team(self) -> str:
        return self.run.team.slug

    @property
    def resumable(self) -> bool:
        return self.run.status in RESUMABLE


def visible_runs(caller: Caller) -> QuerySet[Run]:
    """Return the runs of the caller's teams, whatever it may do there."""
    return Run.objects.filter(team__in=list(caller.team_actions)).select_related("team")


def run_list(caller: Caller, filters: RunFilters = EVERYTHING) -> QuerySet[Run]:
    """Return the runs a caller may read, without their bodies: `project_excerpt` instead.

    Unordered: whoever pages through them says how.
    """
    runs = narrowed(caller.team_ids(Action.READ_RUNS), filters)
    return (
        runs.select_related("team")
        .defer(*_BODIES)
        .annotate(
            project_excerpt=Left("project", EXCERPT_CHARS),
            criteria_excerpt=Left("success_criteria", EXCERPT_CHARS),
        )
    )


def run_get(caller: Caller, run_id: UUID, action: Action = Action.READ_RUNS) -> Run:
    """Return the run, in which the caller may do this.

    Raises: NotVisible for another tenant's; PermissionDenied where the right is missing.
    """
    run = visible_runs(caller).filter(pk=run_id).first()
    if run is None:
        raise NotVisible("There is no such run.")
    require(caller, action, run)
    return run


def still_sees(caller: Caller, run_id: UUID, now: datetime) -> bool:
    """Tell whether a caller of some time ago may still read the run, by what holds now."""
    current = caller_now(caller, now)
    if current is None:
        return False
    teams = list(current.team_ids(Action.READ_RUNS))
    return Run.objects.filter(pk=run_id, team__in=teams).exists()


def require(caller: Caller, action: Action, run: Run) -> None:
    """Raises: PermissionDenied when the caller may not do this to the run."""
    if not can(caller, action, run.team):
        raise PermissionDenied(refusal(caller, action))


def require_anywhere(caller: Caller, action: Action) -> None:
    """Raises: PermissionDenied when the caller may do this in none of its teams."""
    if not caller.team_ids(action):
        raise PermissionDenied(refusal(caller, action))


def refusal(caller: Caller, action: Action) -> str:
    """Return what a caller lacks for an action, in a sentence."""
    if caller.api_key_id is None:
        return f"Your role in this team does not allow to {action.value.replace('_', ' ')}."
    if action not in SCOPE_FOR:
        return "No key may do this: log in."
    if caller.team_ids(action):
        return "This is of the whole organisation, and a key acts for its team alone: log in."
    return f"This key lacks the scope {SCOPE_FOR[action].value}."


def run_reading(run: Run) -> RunReading:
    """Return one run in full."""
    money = run_money([run.pk]).get(run.pk, NO_MONEY)
    return RunReading(run, money, run.project, run.success_criteria)


def list_readings(runs: Iterable[Run]) -> list[RunReading]:
    """Return runs of `run_list` with their money, in one more query."""
    page = list(runs)
    money = run_money(run.pk for run in page)
    return [
        RunReading(
            run,
            money.get(run.pk, NO_MONEY),
            getattr(run, "project_excerpt", ""),
            getattr(run, "criteria_excerpt", ""),
        )
        for run in page
    ]
