"""The score of a run."""

from __future__ import annotations

import pytest

from runs.core.score import run_score
from runs.core.status import TaskStatus

DONE, POOR, LOST = TaskStatus.COMPLETED, TaskStatus.DEGRADED, TaskStatus.FAILED


@pytest.mark.parametrize(
    ("tasks", "score"),
    [
        ([], None),
        ([(DONE, 0.9)], 0.9),
        ([(DONE, 0.9), (POOR, 0.5)], 0.7),
        ([(DONE, 0.9), (POOR, None)], 0.9),
        ([(POOR, None)], None),
        ([(DONE, 1.0), (LOST, None)], 0.5),
        ([(DONE, 1.0), (TaskStatus.SKIPPED, None)], 0.5),
        ([(TaskStatus.PENDING, None), (DONE, 0.8)], 0.8),
    ],
)
def test_run_score_counts_unusable_work_as_nothing_and_unjudged_work_not_at_all(tasks, score):
    assert run_score(tasks) == score
