"""Journal commands for how far a run has come; the engine's only writes to runs and tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import connection

from runs.core.rules import rules_for
from runs.core.status import RunStatus, TaskStatus
from runs.core.tasks import Plan, PlannedTask
from runs.models import Attempt, AttemptText, Run, Task, TaskText, WebhookDelivery
from telemetry.models import Call
from telemetry.services.bulk import update_rows
from telemetry.services.journal import Command
from telemetry.services.recording import RecordEvent


@dataclass(frozen=True)
class SavePlan(Command):
    """The tasks of a run, once; `decomposition` is planned, given or fallback."""

    rank: ClassVar[int] = 30
    run_id: UUID
    decomposition: str
    plan: Plan

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        planned = [
            (command.run_id, place, task)
            for command in commands
            for place, task in enumerate(command.plan.tasks)
        ]
        rows = Task.objects.bulk_create(_task(*one) for one in planned)
        TaskText.objects.bulk_create(
            TaskText(task=row, prompt=task.prompt)
            for row, (_, _, task) in zip(rows, planned, strict=True)
        )
        update_rows(
            Run,
            ["decomposition", "notes", "tasks_total"],
            [
                (one.decomposition, list(one.plan.notes), len(one.plan.tasks), one.run_id)
                for one in commands
            ],
        )
        return [None] * len(commands)


def _task(run_id: UUID, place: int, task: PlannedTask) -> Task:
    return Task(
        run_id=run_id,
        key=task.key,
        position=place,
        type=task.type,
        depends_on=list(task.depends_on),
        validators=[{"name": one.name, "options": dict(one.options)} for one in task.validators],
        threshold=rules_for(task.type).threshold if task.threshold is None else task.threshold,
    )


@dataclass(frozen=True)
class StartTasks(Command):
    """Tasks that are being worked on, or (PENDING, at None) no longer are."""

    rank: ClassVar[int] = 31
    task_ids: tuple[int, ...]
    status: TaskStatus
    at: datetime | None

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        update_rows(
            Task,
            ["status", "started_at"],
            [(c.status, c.at, task_id) for c in commands for task_id in c.task_ids],
        )
        return [None] * len(commands)


@dataclass(frozen=True)
class SaveAttempt(Command):
    """One finished attempt with its texts."""

    rank: ClassVar[int] = 32
    attempt: Attempt
    output: str
    critique: str

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        for command in commands:
            command.attempt.pk = None  # a rolled-back batch may have given it one
        Attempt.objects.bulk_create(command.attempt for command in commands)
        AttemptText.objects.bulk_create(
            AttemptText(attempt=c.attempt, output=c.output, critique=c.critique) for c in commands
        )
        return [None] * len(commands)


@dataclass(frozen=True)
class FinishTask(Command):
    """A task's result; the run counts it."""

    rank: ClassVar[int] = 33
    run_id: UUID
    task_id: int
    status: TaskStatus
    at: datetime
    score: float | None = None
    best_attempt: int | None = None
    model: str = ""
    reviewer: str = ""
    iterations: int = 0
    failure: str = ""
    output: str = ""

    FIELDS: ClassVar[tuple[str, ...]] = (
        "status", "finished_at", "score", "best_attempt", "model", "reviewer", "iterations",
        "failure",
    )  # fmt: skip

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        update_rows(Task, cls.FIELDS, [command._row() for command in commands])
        update_rows(TaskText, ["output"], [(c.output, c.task_id) for c in commands if c.output])
        done: dict[UUID, int] = defaultdict(int)
        for command in commands:
            done[command.run_id] += 1
        _add(
            "UPDATE runs_run SET tasks_done = tasks_done + %s WHERE id = %s",
            [(count, _run_key(run_id)) for run_id, count in sorted(done.items())],
        )
        return [None] * len(commands)

    def _row(self) -> tuple[Any, ...]:
        return (
            self.status, self.at, self.score, self.best_attempt, self.model, self.reviewer,
            self.iterations, self.failure[:500], self.task_id,
        )  # fmt: skip


@dataclass(frozen=True)
class CountCall(Command):
    """A settled call, in the counters of its run and task."""

    rank: ClassVar[int] = 34
    call: Call

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        runs: dict[UUID, list[int]] = defaultdict(lambda: [0, 0, 0])
        tasks: dict[tuple[UUID, str], int] = defaultdict(int)
        for call in (command.call for command in commands):
            if call.run_id is None:
                continue
            counters = runs[call.run_id]
            counters[0] += 1
            counters[1] += call.input_tokens or 0
            counters[2] += call.output_tokens or 0
            if call.task_key and call.cost_nanousd:
                tasks[call.run_id, call.task_key] += call.cost_nanousd
        _add(
            "UPDATE runs_run SET calls = calls + %s, input_tokens = input_tokens + %s, "
            "output_tokens = output_tokens + %s WHERE id = %s",
            [(*added, _run_key(run_id)) for run_id, added in sorted(runs.items())],
        )
        _add(
            "UPDATE runs_task SET cost_nanousd = cost_nanousd + %s WHERE run_id = %s AND key = %s",
            [(cost, _run_key(run_id), key) for (run_id, key), cost in sorted(tasks.items())],
        )
        return [None] * len(commands)


def _add(statement: str, rows: list[tuple[Any, ...]]) -> None:
    """Add to counters, many rows in one go; through the ORM each would be a query built anew."""
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)


def _run_key(run_id: UUID) -> Any:
    return Run._meta.pk.get_db_prep_save(run_id, connection)


@dataclass(frozen=True)
class FinishRun(Command):
    """How a run ended; its lease ends with it.

    Result: the status it has now, which is CANCELLED if a person asked for that meanwhile.
    """

    rank: ClassVar[int] = 35
    run: Run
    status: RunStatus
    score: float | None
    failure: dict[str, Any] | None
    at: datetime
    delivery: WebhookDelivery | None = None

    FIELDS: ClassVar[tuple[str, ...]] = (
        "status", "score", "failure", "finished_at", "owner", "lease_expires_at",
    )  # fmt: skip

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[RunStatus]:
        ids = [command.run.id for command in commands]
        cancelling = Run.objects.filter(id__in=ids, status=RunStatus.CANCELLING)
        cancelled = set(cancelling.values_list("id", flat=True))
        ended = [
            RunStatus.CANCELLED if command.run.id in cancelled else command.status
            for command in commands
        ]
        update_rows(
            Run,
            cls.FIELDS,
            [
                (status, c.score, c.failure, c.at, "", None, c.run.id)
                for c, status in zip(commands, ended, strict=True)
            ],
        )
        WebhookDelivery.objects.bulk_create(c.delivery for c in commands if c.delivery)
        RecordEvent.apply([c._event(status) for c, status in zip(commands, ended, strict=True)])
        return ended

    def _event(self, status: RunStatus) -> RecordEvent:
        return RecordEvent(
            type="run.finished",
            at=self.at,
            org_id=self.run.org_id,
            team_id=self.run.team_id,
            run_id=self.run.id,
            payload={"status": status, "score": self.score},
        )
