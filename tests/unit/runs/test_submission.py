"""What is asked for when nothing but a project is given."""

from __future__ import annotations

from runs.core.rules import LIMITS
from runs.core.submission import MAX_PARALLEL_TASKS, Submission


def test_a_project_is_enough():
    asked = Submission("Write a haiku")
    assert (asked.budget_nanousd, asked.allowed_models, asked.tasks) == (None, None, None)
    assert (asked.team, asked.resume, asked.cache) == ("", "auto", "auto")
    assert asked.max_parallel_tasks == LIMITS.max_parallel_tasks <= MAX_PARALLEL_TASKS


def test_labels_of_two_submissions_are_two():
    assert Submission("a").labels is not Submission("b").labels
