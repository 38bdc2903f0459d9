"""On what terms a run that is gone on with was asked for, and is asked for now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runs.core.given_plan import given_plan
from runs.core.rules import rules_for
from runs.core.submission import Submission
from runs.core.tasks import Plan, PlannedTask
from runs.models import Run
from runs.selectors.submitted import GIVEN, submission_of


def same_work(run: Run, plan: Plan | None, models: frozenset[str] | None) -> bool:
    """Tell whether a run of the same text is what is asked for: these tasks, by these models.

    Going on with any other would do work that nobody asked for, or use models that were left out.
    """
    had = None if run.allowed_models is None else frozenset(run.allowed_models)
    return had == models and _tasks_of(run) == (None if plan is None else _whole(plan.tasks))


def asked_anew(run: Run, wanted: Submission) -> dict[str, Any]:
    """Return the fields of the run that the submission sets; its defaults change nothing."""
    plain = Submission(project="")
    asked = {
        name: getattr(wanted, name)
        for name in ("priority", "max_parallel_tasks", "preference", "cache", "webhook_url")
        if getattr(wanted, name) != getattr(plain, name)
    }
    return asked | ({"labels": {**run.labels, **wanted.labels}} if wanted.labels else {})


def _tasks_of(run: Run) -> list[tuple[Any, ...]] | None:
    """Return the tasks that the run was given; None: it planned, or will plan, itself."""
    if run.decomposition != GIVEN:
        return None
    return _whole(given_plan(submission_of(run).tasks or []).tasks)


def _whole(tasks: Iterable[PlannedTask]) -> list[tuple[Any, ...]]:
    return [
        (
            task.key,
            task.type,
            task.prompt,
            task.depends_on,
            [(one.name, dict(one.options)) for one in task.validators],
            rules_for(task.type).threshold if task.threshold is None else task.threshold,
        )
        for task in tasks
    ]
