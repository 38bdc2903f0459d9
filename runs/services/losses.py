"""Runs whose workers die: how often in a row, and when to stop trying.

A run may kill whoever carries it out, and everything beside it, each time anew. So a worker's
death without any progress is counted against each of its runs; one that was there too often is
carried with no other such run beside it, and at last it is ended for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from budgets.services.ledger import CloseHold
from runs import queue
from runs.core.status import RunFacts, RunStatus, TaskStatus, final_status, has_result
from runs.models import Attempt, Run, Task
from runs.services.progress import FinishRun, StartTasks
from runs.services.webhooks import delivery_for
from telemetry.services.journal import Command

SUSPECT_AFTER: Final = 2
MAX_LOSSES: Final = 5


def count_losses(runs: Sequence[Run]) -> list[Run]:
    """Count a worker's death against those of these locked runs that one left; return the lost.

    The caller stores `losses` and `progress`. What was finished since the last death starts the
    count anew: such a run gets on.
    """
    left = [run for run in runs if run.owner]
    done = _finished_attempts(run.pk for run in left)
    for run in left:
        progress = done.get(run.pk, 0) + bool(run.tasks_total)
        run.losses = 1 if progress > run.progress else run.losses + 1
        run.progress = progress
    return [run for run in left if run.losses >= MAX_LOSSES]


def ending_of(run: Run, now: datetime) -> list[Command]:
    """Return what ends a locked run that no worker survives, in the caller's transaction."""
    tasks = dict(Task.objects.filter(run=run).values_list("pk", "status"))
    statuses = tuple(TaskStatus(status) for status in tasks.values())
    cancelled = run.status == RunStatus.CANCELLING
    status = final_status(RunFacts(cancelled, unexpected_error=True, tasks=statuses))
    delivery = delivery_for(run, now)
    commands: list[Command] = [
        FinishRun(run, status, run.score, _failure(run), now, delivery),
        StartTasks(
            tuple(pk for pk, one in tasks.items() if not has_result(TaskStatus(one))),
            TaskStatus.PENDING,
            None,
        ),
    ]
    if run.hold_id is not None:
        commands.append(CloseHold(run.hold_id, now))
    if delivery is not None:
        transaction.on_commit(partial(queue.enqueue_webhook, delivery.pk))
    return commands


def _finished_attempts(run_ids: Iterable[UUID]) -> dict[UUID, int]:
    ids = list(run_ids)
    if not ids:
        return {}
    counted = Attempt.objects.filter(task__run__in=ids).order_by().values_list("task__run")
    return dict(counted.annotate(Count("pk")))


def _failure(run: Run) -> dict[str, Any]:
    reason = f"{run.losses} workers in a row were lost with this run and nothing was finished"
    return {"reasons": [reason], "tasks": []}
