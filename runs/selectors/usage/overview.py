"""The whole at a glance: figures now and before, and how runs ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from budgets.core.access import Action, Caller
from runs.core.window import Window
from runs.models import Run
from runs.selectors.usage.asked import Asked
from telemetry.core.totals import Totals
from telemetry.selectors.rollups import totals


@dataclass(frozen=True, slots=True)
class Overview:
    """Hold the figures of the window and of the one before (None: its hours are kept no more).

    `runs` counts the runs submitted in the window, by their status now.
    """

    now: Totals
    before: Totals | None
    runs: Mapping[str, int]
    runs_before: Mapping[str, int] | None


def overview(caller: Caller, asked: Asked) -> Overview:
    """Return the whole of what is asked for."""
    previous = asked.window.previous
    return Overview(
        _whole(asked),
        None if previous is None else _whole(asked.over(previous)),
        _runs(caller, asked, asked.window),
        None if previous is None else _runs(caller, asked, previous),
    )


def _whole(asked: Asked) -> Totals:
    return totals(asked.where, asked.window.span).get((), Totals())


def _runs(caller: Caller, asked: Asked, window: Window) -> dict[str, int]:
    """Count runs in the index alone; model and provider are calls', and tell no run apart."""
    teams = caller.team_ids(Action.READ_RUNS) & set(asked.where.team_ids)
    runs = Run.objects.filter(
        team__in=list(teams), created_at__gte=window.starts_at, created_at__lt=window.ends_at
    )
    return dict(runs.order_by().values_list("status").annotate(Count("pk")))
