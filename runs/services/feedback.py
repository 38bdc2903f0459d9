"""People's verdicts on tasks, and what they teach of the models that wrote."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from budgets.core.access import Caller
from routing.core.escalated import escalated
from routing.models import Evidence
from routing.services.learning import ObserveAttempt
from runs.core.people import weight_of_verdict
from runs.core.refusals import NothingToJudge
from runs.models import Feedback, Task
from runs.selectors.made_up import is_demo
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordEvent

# The source of evidence that people gave.
PEOPLE = "feedback"


def give(caller: Caller, task: Task, score: float, comment: str, now: datetime) -> Feedback:
    """Store a verdict on a task's output; the first few are evidence of its model's quality.

    Raises: NothingToJudge when the task has produced nothing yet.
    """
    if task.best_attempt is None:
        raise NothingToJudge(task.status)
    with transaction.atomic():
        # Whoever judges the same task meanwhile waits, so that each knows how many came before.
        Task.objects.select_for_update().filter(pk=task.pk).first()
        earlier = Feedback.objects.filter(task=task).count()
        feedback = Feedback.objects.create(
            task=task,
            by_id=caller.user_id,
            api_key_id=caller.api_key_id,
            score=score,
            comment=comment,
            at=now,
        )
        lesson = lesson_of(feedback, earlier)
        apply_now(
            *([lesson] if lesson else []),
            RecordEvent(
                type="task.feedback",
                at=now,
                org_id=task.run.org_id,
                team_id=task.run.team_id,
                run_id=task.run_id,
                payload={"task": task.key, "score": score, "model": task.model},
            ),
        )
    return feedback


def lesson_of(feedback: Feedback, earlier: int) -> ObserveAttempt | None:
    """Return a verdict as evidence, after so many earlier ones on its task; None: it is none."""
    task = feedback.task
    weight = weight_of_verdict(earlier)
    if weight is None or not task.model or is_demo(task.run):
        return None
    version, task_type = _judged(task)
    return ObserveAttempt(
        org_id=task.run.org_id,
        team_id=task.run.team_id,
        run_id=task.run_id,
        task_key=task.key,
        attempt=task.best_attempt or 0,
        model=task.model,
        version=version,
        task_type=task_type,
        score=feedback.score,
        weight=weight,
        source=PEOPLE,
        cost_nanousd=None,
        latency_ms=0,
        at=feedback.at,
    )


def _judged(task: Task) -> tuple[str, str]:
    """Return of what was judged the version of its model, empty: not known, and its type of task.

    Both as in the evidence of the attempt.
    """
    if task.score is None:  # nor is there evidence of the attempt
        return "", task.type
    rows = Evidence.objects.filter(
        org_id=task.run.org_id, task_type__in=(task.type, escalated(task.type)), model=task.model,
        run_id=task.run_id, task_key=task.key, attempt=task.best_attempt or 0, source="attempt",
    )  # fmt: skip
    found = rows.order_by("-id").values_list("version", "task_type").first()
    return found or ("", task.type)
