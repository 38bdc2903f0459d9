"""Tasks of made-up runs, with their attempts and texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from budgets.models import Team
from runs.core.demo.facts import DemoRun, DemoTask
from runs.core.demo.texts import TEXTS, critique_of
from runs.core.rules import Phase, rules_for
from runs.core.status import TaskStatus
from runs.models import Attempt, AttemptText, Task, TaskText

BATCH = 500


def store_tasks(stored: Sequence[tuple[DemoRun, Team, UUID]]) -> None:
    """Store what the runs of these ids were made of."""
    made = [
        (task, _task(run_id, place, task))
        for run, _, run_id in stored
        for place, task in enumerate(run.tasks)
    ]
    Task.objects.bulk_create([row for _, row in made], BATCH)
    TaskText.objects.bulk_create(
        [
            TaskText(task=row, prompt=TEXTS[row.type].prompt, output=TEXTS[row.type].output)
            for _, row in made
        ],
        BATCH,
    )
    attempts = [(row, task) for task, parent in made for row in _attempts(task, parent)]
    Attempt.objects.bulk_create([row for row, _ in attempts], BATCH)
    AttemptText.objects.bulk_create([_attempt_text(row, task) for row, task in attempts], BATCH)


def _attempt_text(attempt: Attempt, task: DemoTask) -> AttemptText:
    accepted = task.attempts[attempt.number - 1].accepted
    return AttemptText(
        attempt=attempt,
        output=TEXTS[task.type].output,
        critique=critique_of(task.type, accepted),
    )


def _task(run_id: UUID, place: int, task: DemoTask) -> Task:
    best = task.attempts[task.best - 1]
    return Task(
        run_id=run_id,
        key=task.key,
        position=place,
        type=task.type,
        depends_on=[f"t{place}"] if place else [],
        threshold=rules_for(task.type).threshold,
        status=TaskStatus.COMPLETED if best.accepted else TaskStatus.DEGRADED,
        score=best.score,
        best_attempt=task.best,
        model=best.model.name,
        reviewer=best.reviewer.name,
        iterations=len(task.attempts),
        cost_nanousd=sum(attempt.cost_nanousd for attempt in task.attempts),
        started_at=task.attempts[0].calls[0].at,
        finished_at=task.attempts[-1].calls[-1].at,
    )


def _attempts(task: DemoTask, parent: Task) -> Iterator[Attempt]:
    for number, attempt in enumerate(task.attempts, 1):
        yield Attempt(
            task=parent,
            number=number,
            kind="first" if number == 1 else "iterate",
            model=attempt.model.name,
            provider=attempt.model.provider,
            reviewer=attempt.reviewer.name,
            score=attempt.score,
            judgements=[
                {
                    "model": call.model.name,
                    "score": attempt.score,
                    "reason": critique_of(task.type, attempt.accepted),
                }
                for call in attempt.calls
                if call.phase == Phase.EVALUATION and not call.failed
            ],
            validators_passed=True,
            has_output=True,
            cost_nanousd=attempt.cost_nanousd,
            started_at=attempt.calls[0].at,
            finished_at=attempt.calls[-1].at,
        )
