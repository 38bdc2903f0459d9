"""The first and the last thing that happens to a run: its plan, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from runs.core.rules import rules_for
from runs.core.status import RunStatus
from runs.core.tasks import Plan, PlannedTask
from runs.models import Run, Task, TaskText, WebhookDelivery
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
