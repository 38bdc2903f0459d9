"""How tasks come along: begun, attempted, finished."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from runs.core.status import TaskStatus
from runs.models import Attempt, AttemptText, Task, TaskText
from runs.services.progress.counters import add, run_key
from telemetry.services.bulk import update_rows
from telemetry.services.journal import Command


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
        add(
            "UPDATE runs_run SET tasks_done = tasks_done + %s WHERE id = %s",
            [(count, run_key(run_id)) for run_id, count in sorted(done.items())],
        )
        return [None] * len(commands)

    def _row(self) -> tuple[Any, ...]:
        return (
            self.status, self.at, self.score, self.best_attempt, self.model, self.reviewer,
            self.iterations, self.failure[:500], self.task_id,
        )  # fmt: skip
