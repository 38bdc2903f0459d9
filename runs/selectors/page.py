"""What the run page shows beyond the run itself. Each run passed in was read for its caller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from budgets.core.access import Action, Caller
from routing.models import Decision
from runs.models import Attempt, Run, Task
from telemetry.models import Call, Event


@dataclass(frozen=True, slots=True)
class TaskReading:
    """One task in full."""

    task: Task
    attempts: list[Attempt]
    calls: list[Call]
    decisions: dict[UUID, Decision]


def run_version(caller: Caller, run_id: UUID) -> str | None:
    """Return a text that differs whenever anything of the run has changed, in one query.

    None: the caller may not see the run. The count is part of it since numbers of events may
    become visible out of order.
    """
    events = Event.objects.filter(run_id=OuterRef("pk")).order_by().values("run_id")
    found = (
        Run.objects.filter(pk=run_id, team__in=list(caller.team_ids(Action.READ_RUNS)))
        .values_list(
            Coalesce(Subquery(events.values(last=Max("seq")), IntegerField()), 0),
            Coalesce(Subquery(events.values(number=Count("seq")), IntegerField()), 0),
        )
        .first()
    )
    return None if found is None else f"{found[0]}-{found[1]}"


def tasks_of(run: Run) -> list[Task]:
    """Return the tasks in the plan's order."""
    return list(Task.objects.filter(run=run).order_by("position"))


def task_reading(run: Run, key: str) -> TaskReading | None:
    """Return one task with its texts, attempts, calls and the decisions behind them."""
    task = Task.objects.filter(run=run, key=key).select_related("text").first()
    if task is None:
        return None
    calls = list(Call.objects.filter(run_id=run.pk, task_key=key).order_by("id"))
    attempts = list(Attempt.objects.filter(task=task).select_related("text").order_by("number"))
    return TaskReading(task, attempts, calls, decisions_behind(calls))


def decisions_behind(calls: Iterable[Call]) -> dict[UUID, Decision]:
    """Return the routing decisions that calls name, by their ids."""
    ids = {call.decision_id for call in calls if call.decision_id is not None}
    return Decision.objects.in_bulk(ids) if ids else {}


def calls_of(run: Run, before: UUID | None = None) -> QuerySet[Call]:
    """Return the calls of a run, the newest first, without their bodies."""
    calls = Call.objects.filter(run_id=run.pk).order_by("-id")
    return calls if before is None else calls.filter(pk__lt=before)


def events_of(run: Run, before: int | None = None) -> QuerySet[Event]:
    """Return the events of a run, the newest first."""
    events = Event.objects.filter(run_id=run.pk).order_by("-seq")
    return events if before is None else events.filter(seq__lt=before)
