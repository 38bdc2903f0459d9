"""What a run was asked for, as it could be asked for again."""

from __future__ import annotations

from typing import Any

from runs.core.submission import Submission
from runs.models import Run, Task

GIVEN = "given"


def submission_of(run: Run) -> Submission:
    """Return the body that a run was submitted with; nothing of another run is resumed for it."""
    return Submission(
        project=run.project,
        success_criteria=run.success_criteria,
        team=f"{run.team.org.slug}/{run.team.slug}",
        budget_nanousd=run.budget_nanousd,
        time_limit_seconds=run.time_limit_seconds,
        resume="never",
        priority=run.priority,
        labels=run.labels,
        webhook_url=run.webhook_url,
        max_parallel_tasks=run.max_parallel_tasks,
        allowed_models=run.allowed_models,
        preference=run.preference,
        cache=run.cache,
        tasks=_given_tasks(run) if run.decomposition == GIVEN else None,
    )


def _given_tasks(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "key": task.key,
            "type": task.type,
            "prompt": task.text.prompt,
            "depends_on": task.depends_on,
            "validators": task.validators,
            "acceptance_threshold": task.threshold,
        }
        for task in Task.objects.filter(run=run).select_related("text")
    ]
