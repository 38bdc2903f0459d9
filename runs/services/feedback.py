"""People's verdicts on tasks, and what they teach of the models that wrote."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from budgets.core.access import Caller
from routing.core.escalated import escalated
from routing.models import Evidence
from routing.services.correcting import correct_evidence
from routing.services.learning import ObserveAttempt
from runs.core.people import weight_of_verdict
from runs.core.refusals import NothingToJudge
from runs.models import Feedback, Task
from runs.selectors.made_up import is_demo
from runs.selectors.verdicts import own_verdict
from telemetry.services.changes import record_change
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordEvent

# The source of evidence that people gave.
PEOPLE = "feedback"


def give(caller: Caller, task: Task, score: float, comment: str, now: datetime) -> Feedback:
    """Store a verdict on a task's output; the first few are evidence of its model's quality.

    A person has one verdict on a task: who judges again corrects it. A key, which may speak for
    many people, adds one each time.
    Raises: NothingToJudge when the task has produced nothing yet.
    """
    if task.best_attempt is None:
        raise NothingToJudge(task.status)
    with transaction.atomic():
        # Whoever judges the same task meanwhile waits, so that each knows how many came before.
        Task.objects.select_for_update().filter(pk=task.pk).first()
        own = own_verdict(caller, task)
        if own is not None:
            _correct(own, task, score, comment, caller.name, now)
            return own
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
        apply_now(*([lesson] if lesson else []), _event(feedback, task, now))
    return feedback


def _correct(
    own: Feedback, task: Task, score: float, comment: str, actor: str, now: datetime
) -> None:
    """Change a verdict, and what was learned of it; nothing if it is the same again."""
    before = own.score
    if (before, own.comment) == (score, comment):
        return
    own.task, own.score, own.comment, own.corrected_at = task, score, comment, now
    own.save(update_fields=["score", "comment", "corrected_at"])
    taught = Evidence.objects.filter(
        org_id=task.run.org_id, at=own.at, source=PEOPLE, run_id=task.run_id, task_key=task.key,
        score=before,
    ).first()  # fmt: skip
    if taught is not None:
        correct_evidence(taught, score, now)
    apply_now(_event(own, task, now, corrected=True))
    # Not the comment: who reads what was decided need not be one who reads texts.
    record_change(
        "verdict", f"task {task.key} of run {task.run_id}", actor=actor, at=now,
        before={"score": before}, after={"score": score},
        org_id=task.run.org_id, team_id=task.run.team_id,
    )  # fmt: skip


def _event(feedback: Feedback, task: Task, now: datetime, **more: bool) -> RecordEvent:
    return RecordEvent(
        type="task.feedback",
        at=now,
        org_id=task.run.org_id,
        team_id=task.run.team_id,
        run_id=task.run_id,
        payload={"task": task.key, "score": feedback.score, "model": task.model, **more},
    )


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
