"""Whether figures are made up, to look around in."""

from __future__ import annotations

from runs.selectors.usage import Asked
from telemetry.models import Series


def holds_demo(asked: Asked) -> bool:
    """Tell whether history of the demo is among the figures that are asked for."""
    where = asked.where
    return Series.objects.filter(
        org_id__in=where.org_ids, team_id__in=where.team_ids, demo=True
    ).exists()
