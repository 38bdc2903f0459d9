"""Statuses of runs and tasks, and the one function that says how a run ended.

Invariant: a status in FINAL has no way out; whoever asks, such a run is never executed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class RunStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    SUCCESS = "SUCCESS"
    PARTIAL_SUCCESS = "PARTIAL_SUCCESS"
    COMPLETED_DEGRADED = "COMPLETED_DEGRADED"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    TIMEOUT = "TIMEOUT"
    SYSTEM_FAILURE = "SYSTEM_FAILURE"
    CANCELLED = "CANCELLED"


class TaskStatus(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    DEGRADED = "DEGRADED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


ACTIVE: Final = frozenset({RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.CANCELLING})
TERMINAL: Final = frozenset(RunStatus) - ACTIVE
"""Every status a run may end with, the resumable ones included."""
FINAL: Final = frozenset(
    {RunStatus.SUCCESS, RunStatus.COMPLETED_DEGRADED, RunStatus.CANCELLED},
)
RESUMABLE: Final = TERMINAL - FINAL

RESULTS: Final = frozenset(TaskStatus) - {TaskStatus.PENDING, TaskStatus.RUNNING}
USABLE: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.DEGRADED})
"""Results whose output a dependent task may build on."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run when it stops.

    `tasks` holds one entry per task; None, PENDING and RUNNING mean no result. Empty: the
    run stopped before it had a plan.
    """

    cancelled: bool = False
    unexpected_error: bool = False
    no_provider: bool = False
    out_of_money: bool = False
    out_of_time: bool = False
    tasks: tuple[TaskStatus | None, ...] = ()


def is_terminal(status: str) -> bool:
    """Return whether the run has ended, resumable or not."""
    return status in TERMINAL


def has_result(status: TaskStatus | None) -> bool:
    """Return whether a task needs no more work."""
    return status in RESULTS


def final_status(facts: RunFacts) -> RunStatus:
    """Return how the run ended; the first rule that matches wins.

    A result outweighs what went wrong beside it: a run whose every task has one is finished
    even if money, time or a provider gave out meanwhile.
    """
    finished = [status for status in facts.tasks if has_result(status)]
    if facts.cancelled:
        return RunStatus.CANCELLED
    if not finished and (facts.unexpected_error or facts.no_provider):
        return RunStatus.SYSTEM_FAILURE
    if finished and len(finished) == len(facts.tasks):
        return _finished_status(finished)
    return _interrupted_status(facts)


def _finished_status(results: list[TaskStatus | None]) -> RunStatus:
    if all(status is TaskStatus.COMPLETED for status in results):
        return RunStatus.SUCCESS
    return RunStatus.COMPLETED_DEGRADED


def _interrupted_status(facts: RunFacts) -> RunStatus:
    if facts.out_of_money:
        return RunStatus.BUDGET_EXHAUSTED
    if facts.out_of_time:
        return RunStatus.TIMEOUT
    return RunStatus.PARTIAL_SUCCESS


def task_status(
    *, has_output: bool, validators_passed: bool | None, score: float | None, threshold: float
) -> TaskStatus:
    """Return the result a task gets from its best attempt.

    `validators_passed` None: none failed, but one could not run, which is never a pass.
    `score` None: no judgement could be read.
    """
    if not has_output or validators_passed is False:
        return TaskStatus.FAILED
    if validators_passed and score is not None and score >= threshold:
        return TaskStatus.COMPLETED
    return TaskStatus.DEGRADED
