"""A run as the database knows it when a worker takes it over: what is done, what is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from runs.core.attempts import AttemptFacts, AttemptKind
from runs.core.feedback import feedback_from
from runs.core.graph import TaskNode
from runs.core.prompts import Feedback
from runs.core.status import TaskStatus, has_result
from runs.core.tasks import ValidatorSpec
from runs.models import Attempt, Run, Task


@dataclass(frozen=True)
class PastAttempt:
    """A finished attempt: its facts, what the next one should know, and what it brought.

    `failed_validators` are the names of those that it did not pass.
    """

    facts: AttemptFacts
    feedback: Feedback
    output: str
    reviewer: str
    failed_validators: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskState:
    """A task with its finished attempts; `output` is what a finished one brought."""

    id: int
    key: str
    task_type: str
    prompt: str
    depends_on: tuple[str, ...]
    threshold: float
    validators: tuple[ValidatorSpec, ...]
    status: TaskStatus
    score: float | None
    output: str
    attempts: tuple[PastAttempt, ...]

    @property
    def node(self) -> TaskNode:
        return TaskNode(self.key, self.depends_on)

    @property
    def finished(self) -> bool:
        return has_result(self.status)


@dataclass(frozen=True)
class RunState:
    """A run, who restricts its models, and its tasks in the plan's order."""

    run: Run
    allowed: Mapping[str, frozenset[str]]
    tasks: tuple[TaskState, ...]


def load(run_id: UUID) -> RunState:
    """Read a run with all that carrying it out needs."""
    run = Run.objects.select_related("team", "api_key").get(id=run_id)
    return RunState(run, _allowed(run), load_tasks(run_id))


def load_tasks(run_id: UUID) -> tuple[TaskState, ...]:
    """Read a run's tasks with their finished attempts."""
    tasks = Task.objects.filter(run_id=run_id).select_related("text")
    attempts: dict[int, list[Attempt]] = {}
    unfinished = Attempt.objects.filter(task__run_id=run_id, task__finished_at=None)
    for attempt in unfinished.select_related("text").order_by("task_id", "number"):
        attempts.setdefault(attempt.task_id, []).append(attempt)
    return tuple(_task(task, attempts.get(task.id, [])) for task in tasks)


def _allowed(run: Run) -> dict[str, frozenset[str]]:
    restrictions = {
        "run": run.allowed_models,
        "team": run.team.allowed_models,
        "key": run.api_key.allowed_models if run.api_key else None,
    }
    return {who: frozenset(models) for who, models in restrictions.items() if models is not None}


def _task(task: Task, attempts: list[Attempt]) -> TaskState:
    return TaskState(
        id=task.id,
        key=task.key,
        task_type=task.type,
        prompt=task.text.prompt,
        depends_on=tuple(task.depends_on),
        threshold=task.threshold,
        validators=tuple(
            ValidatorSpec(one["name"], one.get("options", {})) for one in task.validators
        ),
        status=TaskStatus(task.status),
        score=task.score,
        output=task.text.output,
        attempts=tuple(_past(attempt) for attempt in attempts),
    )


def _past(row: Attempt) -> PastAttempt:
    facts = AttemptFacts(
        number=row.number,
        model=row.model,
        provider=row.provider,
        score=row.score,
        validators_passed=row.validators_passed,
        has_output=row.has_output,
        kind=AttemptKind(row.kind),
        escalate_to=row.escalate_to,
    )
    feedback = feedback_from(
        output=row.text.output,
        critique=row.text.critique,
        validators=row.validators,
        judgements=row.judgements,
        notes=row.notes,
    )
    failed = tuple(one["name"] for one in row.validators if one["status"] == "FAILED")
    return PastAttempt(facts, feedback, row.text.output, row.reviewer, failed)
