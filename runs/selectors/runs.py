"""Runs as a caller may see them, one by one and in lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Left

from budgets.core.access import SCOPE_FOR, Action, Caller
from budgets.selectors import NO_MONEY, RunMoney, run_money
from budgets.services.access import caller_now, can
from runs.core.refusals import NotVisible
from runs.core.status import RESUMABLE
from runs.models import Run, Task
from telemetry.models import Call

EXCERPT_CHARS = 300
# Ids are in the order of time. A run's is made no sooner than it was submitted, clocks apart; so
# a list of the last day need not walk through all that is older.
ID_SLACK = timedelta(hours=1)
# What a list leaves in the database: texts of up to a hundred thousand characters.
_BODIES = ("project", "success_criteria", "signature")


@dataclass(frozen=True, slots=True)
class RunFilters:
    """Empty fields filter nothing; a label of value None must only exist.

    `team` is a slug, or org/slug; `team_ids` None: every team of the caller.
    """

    status: tuple[str, ...] = ()
    team: str = ""
    labels: tuple[tuple[str, str | None], ...] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    model: str = ""
    task_type: str = ""
    team_ids: tuple[int, ...] | None = None
    models: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    task_types: tuple[str, ...] = ()


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


def run_list(caller: Caller, filters: RunFilters = RunFilters()) -> QuerySet[Run]:
    """Return the runs a caller may read, without their bodies: `project_excerpt` instead.

    Unordered: whoever pages through them says how.
    """
    runs = Run.objects.filter(team__in=list(caller.team_ids(Action.READ_RUNS)))
    runs = _filtered(runs, filters).select_related("team").defer(*_BODIES)
    return runs.annotate(
        project_excerpt=Left("project", EXCERPT_CHARS),
        criteria_excerpt=Left("success_criteria", EXCERPT_CHARS),
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


def first_id_at(at: datetime) -> UUID:
    """Return an id that none made from then on comes before. Source: RFC 9562, section 5.7."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


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


def _filtered(runs: QuerySet[Run], filters: RunFilters) -> QuerySet[Run]:
    if filters.status:
        runs = runs.filter(status__in=filters.status)
    if filters.team:
        org, _, slug = filters.team.rpartition("/")
        runs = runs.filter(team__slug=slug, **({"org__slug": org} if org else {}))
    if filters.team_ids is not None:
        runs = runs.filter(team__in=filters.team_ids)
    if filters.created_after:
        first = first_id_at(filters.created_after - ID_SLACK)
        runs = runs.filter(created_at__gte=filters.created_after, pk__gte=first)
    if filters.created_before:
        runs = runs.filter(created_at__lt=filters.created_before)
    for place, (key, value) in enumerate(filters.labels):
        runs = _labelled(runs, f"label_{place}", key, value)
    return _by_work(runs, filters)


def _labelled(runs: QuerySet[Run], alias: str, key: str, value: str | None) -> QuerySet[Run]:
    # By transform, never by a lookup's name: a key may hold what Django reads as an operator.
    # Cast: else SQLite would read the wanted value as JSON, too.
    runs = runs.alias(**{alias: Cast(KeyTextTransform(key, "labels"), TextField())})
    return runs.filter(**({f"{alias}__isnull": False} if value is None else {alias: value}))


def _by_work(runs: QuerySet[Run], filters: RunFilters) -> QuerySet[Run]:
    """Keep runs that called such a model, for such a type of task where both are asked for."""
    asked = {
        "model__in": filters.models or _one(filters.model),
        "provider__in": filters.providers,
        "task_type__in": filters.task_types or _one(filters.task_type),
    }
    asked = {name: values for name, values in asked.items() if values}
    if not asked:
        return runs
    if [*asked] == ["task_type__in"]:
        tasks = Task.objects.filter(run=OuterRef("pk"), type__in=asked["task_type__in"])
        return runs.filter(Exists(tasks))
    return runs.filter(Exists(Call.objects.filter(run_id=OuterRef("pk"), **asked)))


def _one(value: str) -> tuple[str, ...]:
    return (value,) if value else ()
