"""What made-up runs consist of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DemoModel:
    """Hold what a model is. `cost` prices input and output tokens, in nano-dollars."""

    name: str
    provider: str
    tier: str
    cost: Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class DemoCall:
    """Hold one call, and when it ended."""

    at: datetime
    phase: str
    task_type: str
    model: DemoModel
    failed: bool
    input_tokens: int
    output_tokens: int
    cost_nanousd: int
    latency_ms: int


@dataclass(frozen=True, slots=True)
class DemoAttempt:
    """Hold one attempt with the score it was given and its calls."""

    model: DemoModel
    reviewer: DemoModel
    score: float
    accepted: bool
    calls: Sequence[DemoCall]

    @property
    def cost_nanousd(self) -> int:
        """Return what all its calls cost."""
        return sum(call.cost_nanousd for call in self.calls)


@dataclass(frozen=True, slots=True)
class DemoTask:
    """Hold one task with its attempts."""

    key: str
    type: str
    attempts: Sequence[DemoAttempt]

    @property
    def best(self) -> int:
        """Return the number of the attempt that was kept, counted from 1."""
        scores = [attempt.score for attempt in self.attempts]
        return scores.index(max(scores)) + 1


@dataclass(frozen=True, slots=True)
class DemoRun:
    """Hold one run. `plan` is the call that split it into tasks."""

    team: str
    project: str
    started_at: datetime
    plan: DemoCall
    tasks: Sequence[DemoTask]

    @property
    def calls(self) -> list[DemoCall]:
        """Return every call in the order they ended."""
        worked = [
            call for task in self.tasks for attempt in task.attempts for call in attempt.calls
        ]
        return sorted([self.plan, *worked], key=lambda call: call.at)

    @property
    def succeeded(self) -> bool:
        """Tell whether every task was accepted."""
        return all(task.attempts[task.best - 1].accepted for task in self.tasks)

    @property
    def finished_at(self) -> datetime:
        """Return when its last call ended."""
        return self.calls[-1].at
