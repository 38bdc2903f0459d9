"""Tasks of a run, their attempts, and the calls and decisions behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from routing.models import Decision
from runs.core.refusals import NotVisible
from runs.models import Attempt, Run, Task
from telemetry.models import Call, Event
from telemetry.selectors.corrections import correct_in_memory


@dataclass(frozen=True, slots=True)
class TaskReading:
    """A task with what its validators found in the attempt that was kept."""

    task: Task
    validators: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CallReading:
    """A call and why it went where it went; None where nothing had to be chosen."""

    call: Call
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """Everything about one task."""

    task: Task
    validators: Sequence[dict[str, Any]]
    attempts: Sequence[Attempt]
    calls: Sequence[CallReading] = field(default_factory=tuple)


def task_list(run: Run) -> QuerySet[Task]:
    """Return the tasks of a run, without their texts."""
    return Task.objects.filter(run=run)


def task_readings(tasks: Iterable[Task]) -> list[TaskReading]:
    """Return tasks with their validators' results, in one more query."""
    page = list(tasks)
    best = {task.pk: task.best_attempt for task in page if task.best_attempt is not None}
    rows = Attempt.objects.filter(task__in=list(best)).values_list("task", "number", "validators")
    found = {task: results for task, number, results in rows if best[task] == number}
    return [TaskReading(task, _results(task, found.get(task.pk, ()))) for task in page]


def task_get(run: Run, key: str) -> Task:
    """Return the task of that key with its texts. Raises: NotVisible."""
    tasks = Task.objects.filter(run=run, key=key).select_related("text")
    # PostgreSQL takes no null character, not even to compare it.
    task = None if "\x00" in key else tasks.first()
    if task is None:
        raise NotVisible("The run has no such task.")
    task.run = run
    return task


def task_detail(task: Task, *, texts: bool = True) -> TaskDetail:
    """Return a task with its attempts and, for every call, the decision that routed it.

    `texts` False: with nothing that a person or a model wrote, for who may not read that.
    """
    attempts = list(Attempt.objects.filter(task=task).select_related("text"))
    if not texts:
        _blank(task, attempts)
    made = Call.objects.filter(run_id=task.run_id, task_key=task.key).order_by("id")
    calls = correct_in_memory(made)
    decisions = Decision.objects.in_bulk([c.decision_id for c in calls if c.decision_id])
    kept = next((a.validators for a in attempts if a.number == task.best_attempt), ())
    readings = [
        CallReading(call, decisions.get(call.decision_id) if call.decision_id else None)
        for call in calls
    ]
    return TaskDetail(task, _results(task, kept), attempts, readings)


def _blank(task: Task, attempts: Iterable[Attempt]) -> None:
    """Take out prompt, outputs, critiques, judges' reasons and validators' messages."""
    task.text.prompt = task.text.output = ""
    for attempt in attempts:
        attempt.text.output = attempt.text.critique = ""
        attempt.judgements = [dict(one, reason="") for one in attempt.judgements]
        attempt.validators = [dict(one, message="") for one in attempt.validators]


def call_list(run: Run) -> QuerySet[Call]:
    """Return every call of a run, without what was said in it."""
    return Call.objects.filter(run_id=run.pk)


def event_list(run: Run, since: int = 0) -> QuerySet[Event]:
    """Return the events of a run after a sequence number."""
    return Event.objects.filter(run_id=run.pk, seq__gt=since)


def outputs_of(run: Run) -> list[tuple[str, str, str]]:
    """Return key, type and kept output of each task that has one, in the plan's order."""
    rows = Task.objects.filter(run=run).exclude(text__output="")
    return list(rows.order_by("position").values_list("key", "type", "text__output"))


def _results(task: Task, found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one entry for each validator asked for; status None: it has not run yet."""
    by_name = {result.get("name"): result for result in found}
    return [
        {
            "name": asked["name"],
            "status": by_name.get(asked["name"], {}).get("status"),
            "message": by_name.get(asked["name"], {}).get("message", ""),
        }
        for asked in task.validators
    ]
