"""Whether figures, and runs, are made up, to look around in."""

from __future__ import annotations

from runs.models import Run
from runs.selectors.usage import Asked
from telemetry.models import Call, Series

DEMO_LABEL = "demo"


def holds_demo(asked: Asked) -> bool:
    """Tell whether history of the demo is among the figures that are asked for."""
    where = asked.where
    return Series.objects.filter(
        org_id__in=where.org_ids, team_id__in=where.team_ids, demo=True
    ).exists()


def is_demo(run: Run) -> bool:
    """Tell whether a run, which was read for its caller, is made up.

    Its label could be anybody's, its calls' mark is ours alone; and only few runs have the label.
    """
    return DEMO_LABEL in run.labels and Call.objects.filter(run_id=run.pk, demo=True).exists()
