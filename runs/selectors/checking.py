"""What is known of how tasks' outputs are checked: what it costs, and whether judges are right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, Sum

from runs.core.rules import Phase
from runs.models import Feedback
from telemetry.core.rollup import SECONDS_PER_HOUR
from telemetry.models import HourlyRollup

CHECKING: Final = (Phase.CROSS_REVIEW, Phase.EVALUATION)
LATELY: Final = timedelta(hours=24)
MOST_VERDICTS: Final = 500


def checking_cost(org_id: int, now: datetime) -> float:
    """Return what reviewing and judging an attempt cost of late, in nano-dollars; 0: unknown."""
    since = int((now - LATELY).timestamp()) // SECONDS_PER_HOUR
    rows = HourlyRollup.objects.filter(org_id=org_id, hour__gte=since, series__demo=False)
    sums = rows.aggregate(
        cost=Sum("cost_nanousd", filter=Q(series__phase__in=CHECKING)), attempts=Sum("attempts")
    )
    return (sums["cost"] or 0) / sums["attempts"] if sums["attempts"] else 0.0


def judged_by_people(org_id: int, task_type: str) -> list[tuple[float, float]]:
    """Return the judges' and the newest person's score of the tasks that people judged last."""
    rows = Feedback.objects.filter(
        task__run__org_id=org_id, task__type=task_type, task__score__isnull=False
    )
    newest = rows.order_by("-pk").values_list("task_id", "task__score", "score")
    found: dict[int, tuple[float, float]] = {}
    for task_id, judges, person in newest[:MOST_VERDICTS]:
        found.setdefault(task_id, (judges or 0.0, person))
    return list(found.values())
