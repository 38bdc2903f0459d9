"""People's verdicts on tasks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from budgets.core.access import Caller
from runs.core.refusals import NothingToJudge
from runs.models import Feedback, Task
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordEvent


def give(caller: Caller, task: Task, score: float, comment: str, now: datetime) -> Feedback:
    """Store a verdict on a task's output; a person may give several, each is evidence.

    Raises: NothingToJudge when the task has produced nothing yet.
    """
    if task.best_attempt is None:
        raise NothingToJudge(task.status)
    with transaction.atomic():
        feedback = Feedback.objects.create(
            task=task,
            by_id=caller.user_id,
            api_key_id=caller.api_key_id,
            score=score,
            comment=comment,
            at=now,
        )
        apply_now(
            RecordEvent(
                type="task.feedback",
                at=now,
                org_id=task.run.org_id,
                team_id=task.run.team_id,
                run_id=task.run_id,
                payload={"task": task.key, "score": score, "model": task.model},
            )
        )
    return feedback
