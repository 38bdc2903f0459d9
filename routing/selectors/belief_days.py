"""What was believed when earlier days were over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from routing.models import BeliefDay
from routing.selectors.profiles import WHOLE_ORG

Means = Mapping[str, float]  # by model


def means_by_day(
    org_id: int, team_id: int | None, task_type: str, since: date
) -> dict[date, Means]:
    """Return the mean score that was expected of each model; a day that was not kept is missing.

    `team_id` None: by the organisation.
    """
    rows = BeliefDay.objects.filter(
        org_id=org_id, team_id__in={WHOLE_ORG, team_id or WHOLE_ORG}, day__gte=since
    )
    # A team's own row comes after that of its organisation, and takes its place.
    found = rows.order_by("team_id", "day").values_list("day", f"beliefs__{task_type}")
    return {
        day: {model: mean for model, (mean, *_) in beliefs.items()}
        for day, beliefs in found
        if beliefs
    }
