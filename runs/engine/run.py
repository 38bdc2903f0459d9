"""One run from its claim to its end: plan, work the tasks off in parallel, say how it ended."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from budgets.services.ledger import Closed, CloseHold
from runs import queue
from runs.core.graph import to_skip
from runs.core.interruption import (
    DatabaseAway,
    Interruption,
    LeaseLost,
    OutOfMoney,
    OutOfTime,
    ProvidersDown,
    RunCancelled,
    Stopping,
)
from runs.core.schedule import next_tasks
from runs.core.score import run_score
from runs.core.status import RunFacts, RunStatus, TaskStatus, final_status, has_result
from runs.engine.decompose import decompose
from runs.engine.session import Session
from runs.engine.state import TaskState, load, load_tasks
from runs.engine.task import TaskResult, TaskWork
from runs.services.progress import FinishRun, FinishTask, StartTasks
from runs.services.recovery import count_recovered
from runs.services.webhooks import delivery_for
from telemetry.services.journal import Command

logger = logging.getLogger(__name__)

# Whoever claims the run next goes on. Where the database is away, that is when the lease ends:
# to end the run could not be written either, and it has done nothing wrong.
LEFT_TO_OTHERS = (LeaseLost, Stopping, DatabaseAway)


@dataclass
class Findings:
    """What went wrong on the way, by kind, with a sentence each."""

    reasons: dict[type[BaseException], str] = field(default_factory=dict)
    unexpected: str = ""

    def note(self, error: BaseException) -> None:
        if isinstance(error, Interruption):
            self.reasons.setdefault(type(error), str(error))
        elif isinstance(error, (OperationalError, InterfaceError)):
            self.reasons.setdefault(DatabaseAway, "the database was away")
        else:
            self.unexpected = self.unexpected or f"{type(error).__name__} in the engine"

    def saw(self, kind: type[Interruption]) -> bool:
        return kind in self.reasons

    @property
    def stop(self) -> bool:
        """Return whether no further task should be started."""
        return bool(self.reasons or self.unexpected)


async def carry_out(session: Session) -> None:
    """Carry a claimed run to its end, or as far as this worker may."""
    state = await session.journal.call(load, session.run_id)
    session.run, session.allowed = state.run, state.allowed
    findings = Findings()
    tasks = state.tasks
    try:
        if not tasks:
            await decompose(session)
            tasks = await session.journal.call(load_tasks, session.run_id)
    except Exception as error:
        _note(session, findings, error)
    work = RunWork(session, tasks, findings)
    await work.work_off()
    if any(findings.saw(kind) for kind in LEFT_TO_OTHERS):
        return
    await _finish(session, work)


class RunWork:
    """Works a run's tasks off, as parallel as the run and its DAG allow."""

    def __init__(self, session: Session, tasks: tuple[TaskState, ...], findings: Findings) -> None:
        self.findings = findings
        self.statuses = {
            task.key: task.status if task.finished else TaskStatus.PENDING for task in tasks
        }
        self.scores = {task.key: task.score for task in tasks}
        self.ids = {task.key: task.id for task in tasks}
        self._session = session
        self._tasks = {task.key: task for task in tasks}
        self._nodes = [task.node for task in tasks]
        self._outputs = {task.key: task.output for task in tasks if task.finished}
        self._running: dict[asyncio.Task[TaskResult], str] = {}

    async def work_off(self) -> None:
        """Return when every task has a result, or what is left cannot be worked on."""
        try:
            while True:
                await self._skip_lost()
                await self._start_ready()
                if not self._running:
                    return
                done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    self._collect(task)
        except Exception as error:
            _note(self._session, self.findings, error)
        finally:
            await self._abandon()

    async def _skip_lost(self) -> None:
        lost = to_skip(self._nodes, self.statuses)
        if not lost or self.findings.saw(LeaseLost) or self.findings.saw(DatabaseAway):
            return
        now = timezone.now()
        for key, culprit in lost.items():
            await self._session.write(
                FinishTask(
                    run_id=self._session.run_id,
                    task_id=self._tasks[key].id,
                    status=TaskStatus.SKIPPED,
                    at=now,
                    failure=f"skipped: its dependency {culprit} has no usable result",
                ),
                self._session.event("task.finished", now, task=key, status=TaskStatus.SKIPPED),
            )
            self.statuses[key] = TaskStatus.SKIPPED

    async def _start_ready(self) -> None:
        if self.findings.stop:
            return
        running = set(self._running.values())
        keys = next_tasks(self._nodes, self.statuses, running, self._session.run.max_parallel_tasks)
        if not keys:
            return
        now = timezone.now()
        ids = tuple(self._tasks[key].id for key in keys)
        events = [self._session.event("task.started", now, task=key) for key in keys]
        await self._session.write(StartTasks(ids, TaskStatus.RUNNING, now), *events)
        for key in keys:
            work = TaskWork(self._session, self._tasks[key], self._outputs)
            task = asyncio.create_task(work.carry_out(), name=f"{self._session.run_id} {key}")
            self._running[task] = key
            self.statuses[key] = TaskStatus.RUNNING

    def _collect(self, task: asyncio.Task[TaskResult]) -> None:
        key = self._running.pop(task)
        error = task.exception()
        if error is not None:
            _note(self._session, self.findings, error)
            self.statuses[key] = TaskStatus.PENDING
            return
        result = task.result()
        self.statuses[key], self.scores[key] = result.status, result.score
        self._outputs[key] = result.output

    async def _abandon(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


def _note(session: Session, findings: Findings, error: BaseException) -> None:
    findings.note(error)
    if not isinstance(error, Interruption):
        logger.error("Run %s met an unexpected error", session.run_id, exc_info=error)


async def _finish(session: Session, work: RunWork) -> None:
    """Write how the run ended, and give back what it did not spend."""
    await session.gateway.finish_probes(session.run_id)
    now, run = timezone.now(), session.run
    status = final_status(_facts(work))
    score = run_score([(work.statuses[key], work.scores[key]) for key in work.statuses])
    idle = tuple(work.ids[key] for key, one in work.statuses.items() if not has_result(one))
    delivery = delivery_for(run, now)
    commands: list[Command] = [
        FinishRun(run, status, score, _failure(status, work), now, delivery),
        StartTasks(idle, TaskStatus.PENDING, None),
    ]
    if run.hold_id is not None:
        commands.append(CloseHold(run.hold_id, now))
    *_, closed = await session.write(*commands)
    if isinstance(closed, Closed) and closed.recovered:
        await session.journal.write(*count_recovered(run, closed.recovered, now))
    if delivery is not None:
        await session.journal.call(queue.enqueue_webhook, delivery.id)


def _facts(work: RunWork) -> RunFacts:
    saw = work.findings.saw
    return RunFacts(
        cancelled=saw(RunCancelled),
        unexpected_error=bool(work.findings.unexpected),
        no_provider=saw(ProvidersDown),
        out_of_money=saw(OutOfMoney),
        out_of_time=saw(OutOfTime),
        tasks=tuple(work.statuses.values()),
    )


def _failure(status: RunStatus, work: RunWork) -> dict[str, Any] | None:
    """Return what kept the run from success, for people; None when nothing did."""
    if status is RunStatus.SUCCESS:
        return None
    findings = work.findings
    reasons = [text for text in (findings.unexpected, *findings.reasons.values()) if text]
    short = [key for key, one in work.statuses.items() if one is not TaskStatus.COMPLETED]
    return {"reasons": reasons, "tasks": short}
