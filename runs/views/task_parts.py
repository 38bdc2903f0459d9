"""What the run page shows of one task: its attempts, and the calls within each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runs.models import Attempt, Task
from runs.selectors.tasks import CallReading, TaskDetail
from runs.views.formats import Look, look_of
from runs.views.why import Explanation, explain
from telemetry.models import Call

KINDS = {
    "first": "first try",
    "iterate": "another try with what was found",
    "escalate": "the better model, as the first fell short",
    "next_model": "the next model",
    "reword": "the task worded otherwise",
}
ORIGINS = {
    "provider": "from the provider",
    "policy": "by policy",
    "budget": "by the budget",
    "us": "our own error",
}


@dataclass(frozen=True, slots=True)
class CallPart:
    call: Call
    look: Look
    origin: str
    decision: Explanation | None


@dataclass(frozen=True, slots=True)
class Check:
    """One validator's verdict on an attempt."""

    name: str
    look: Look
    message: str


@dataclass(frozen=True, slots=True)
class AttemptPart:
    attempt: Attempt
    kind: str
    kept: bool
    output: str
    critique: str
    validators: list[Check]
    elapsed_seconds: float
    calls: list[CallPart]


@dataclass(frozen=True, slots=True)
class TaskPart:
    task: Task
    prompt: str
    output: str
    validators: list[str]
    attempts: list[AttemptPart]
    other_calls: list[CallPart]
    elapsed_seconds: float | None


def task_part(detail: TaskDetail, now: datetime) -> TaskPart:
    """Arrange a task for the page; calls stand with the attempt that made them."""
    task = detail.task
    text = getattr(task, "text", None)
    calls = [call_part(call) for call in detail.calls]
    finished = {attempt.number for attempt in detail.attempts}
    end = task.finished_at or now
    return TaskPart(
        task=task,
        prompt=text.prompt if text else "",
        output=text.output if text else "",
        validators=[_validator_name(one) for one in task.validators],
        attempts=[_attempt_part(one, task, calls) for one in detail.attempts],
        other_calls=[part for part in calls if part.call.attempt not in finished],
        elapsed_seconds=(end - task.started_at).total_seconds() if task.started_at else None,
    )


def call_part(reading: CallReading) -> CallPart:
    """Arrange one call with the choice behind it."""
    call = reading.call
    origin = ORIGINS.get(call.error_origin, call.error_origin)
    return CallPart(call, look_of(call.outcome), origin, explain(reading.decision))


def _attempt_part(attempt: Attempt, task: Task, calls: Sequence[CallPart]) -> AttemptPart:
    text = getattr(attempt, "text", None)
    return AttemptPart(
        attempt=attempt,
        kind=KINDS.get(attempt.kind, attempt.kind),
        kept=attempt.number == task.best_attempt,
        output=text.output if text else "",
        critique=text.critique if text else "",
        validators=list(_checks(attempt.validators)),
        elapsed_seconds=(attempt.finished_at - attempt.started_at).total_seconds(),
        calls=[part for part in calls if part.call.attempt == attempt.number],
    )


def _checks(verdicts: Iterable[Mapping[str, Any]]) -> Iterable[Check]:
    for verdict in verdicts:
        look = look_of(str(verdict.get("status", "")))
        yield Check(str(verdict.get("name", "")), look, str(verdict.get("message") or ""))


def _validator_name(validator: Any) -> str:
    return str(validator.get("name", "")) if isinstance(validator, Mapping) else str(validator)
