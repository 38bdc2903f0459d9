"""What the tasks' scores say of their run.

Invariant: a task whose work is unusable counts as 0, one that nobody could judge not at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from runs.core.status import TaskStatus

_WORTHLESS = frozenset({TaskStatus.FAILED, TaskStatus.SKIPPED})


def run_score(tasks: Sequence[tuple[TaskStatus, float | None]]) -> float | None:
    """Return the mean score of the tasks with a result; None when none of them has a score."""
    scores = [0.0 if status in _WORTHLESS else score for status, score in tasks]
    known = [score for score in scores if score is not None]
    return round(sum(known) / len(known), 6) if known else None
