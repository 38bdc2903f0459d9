"""Makes evidence of attempts and of people's verdicts from before either was kept as such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Avg

from routing.core.escalated import escalated
from routing.models import Evidence
from routing.services.learning import ObserveAttempt
from runs.core.attempts import learned_type
from runs.core.people import MOST_VERDICTS
from runs.core.rules import Phase
from runs.models import Attempt, Feedback, Task
from runs.services.feedback import PEOPLE, lesson_of
from telemetry.models import Call, Outcome

ATTEMPTS_AT_ONCE = 500

Place = tuple[UUID, str, int]  # run, task's key, number of the attempt


def gather_evidence() -> int:
    """Return how many evaluated attempts became evidence; those that already are stay as they are.

    Safe to repeat, and to run while the engine works.
    """
    scored = Attempt.objects.filter(score__isnull=False).exclude(model="")
    attempts = scored.select_related("task__run").order_by("pk").iterator(ATTEMPTS_AT_ONCE)
    return sum(_gather(batch) for batch in _batches(attempts))


def gather_verdicts() -> int:
    """Return how many of people's verdicts became evidence; those that already are stay so.

    Safe to repeat; a task is locked as by a verdict that comes now.
    """
    judged = Task.objects.filter(feedback__isnull=False).order_by("pk").distinct()
    tasks = judged.values_list("pk", flat=True).iterator(ATTEMPTS_AT_ONCE)
    return sum(_gather_verdicts(pk) for pk in tasks)


@transaction.atomic
def _gather_verdicts(pk: int) -> int:
    task = Task.objects.select_for_update(of=("self",)).select_related("run").get(pk=pk)
    known = Evidence.objects.filter(
        org_id=task.run.org_id, task_type__in=(task.type, escalated(task.type)), model=task.model,
        run_id=task.run_id, task_key=task.key, source=PEOPLE,
    ).count()  # fmt: skip
    verdicts = Feedback.objects.filter(task=task).select_related("task__run").order_by("pk")
    numbered = list(enumerate(verdicts[:MOST_VERDICTS]))[known:]
    lessons = [lesson for place, one in numbered if (lesson := lesson_of(one, place)) is not None]
    if lessons:
        ObserveAttempt.apply(lessons)
    return len(lessons)


def _batches(attempts: Iterator[Attempt]) -> Iterator[list[Attempt]]:
    while batch := list(islice(attempts, ATTEMPTS_AT_ONCE)):
        yield batch


@transaction.atomic
def _gather(attempts: list[Attempt]) -> int:
    runs = {attempt.task.run_id for attempt in attempts}
    known = set(
        Evidence.objects.filter(run_id__in=runs, source="attempt").values_list(
            "run_id", "task_key", "attempt"
        )
    )
    missing = [attempt for attempt in attempts if _place(attempt) not in known]
    spent = _spent(runs) if missing else {}
    if missing:
        ObserveAttempt.apply(
            [_lesson(one, spent.get((*_place(one), one.model))) for one in missing]
        )
    return len(missing)


def _spent(runs: set[UUID]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """Return the means of the calls that wrote, by run, task, attempt and model."""
    calls = Call.objects.filter(run_id__in=runs, phase=Phase.GENERATION, outcome=Outcome.OK)
    grouped = calls.values("run_id", "task_key", "attempt", "model").annotate(
        cost=Avg("cost_nanousd"), latency=Avg("latency_ms"), tokens=Avg("input_tokens")
    )
    rows: list[dict[str, Any]] = [dict(one) for one in grouped]
    return {(one["run_id"], one["task_key"], one["attempt"], one["model"]): one for one in rows}


def _lesson(attempt: Attempt, spent: Mapping[str, Any] | None) -> ObserveAttempt:
    """Return the attempt as evidence; without its calls it tells of quality alone."""
    run = attempt.task.run
    cost = None if spent is None or spent["cost"] is None else round(spent["cost"])
    return ObserveAttempt(
        org_id=run.org_id,
        team_id=run.team_id,
        run_id=run.pk,
        task_key=attempt.task.key,
        attempt=attempt.number,
        model=attempt.model,
        task_type=learned_type(attempt.task.type, attempt.kind),
        score=attempt.score or 0.0,
        cost_nanousd=cost,
        latency_ms=round(spent["latency"] or 0) if spent else 0,
        input_tokens=round(spent["tokens"] or 0) if spent else 0,
        at=attempt.finished_at,
    )


def _place(attempt: Attempt) -> Place:
    return attempt.task.run_id, attempt.task.key, attempt.number
