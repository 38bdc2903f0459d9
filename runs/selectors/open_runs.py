"""Runs under way, and what each has set aside of its team's money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.functions import Left

from budgets.core.access import Action, Caller
from budgets.models import Budget, Hold
from runs.models import Run
from runs.selectors.runs import EXCERPT_CHARS


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run with its open hold."""

    run: Run
    hold: Hold
    project: str

    @property
    def free_nanousd(self) -> int:
        """Return what its calls may still reserve."""
        return max(
            0, self.hold.amount_nanousd - self.hold.spent_nanousd - self.hold.reserved_nanousd
        )


def open_runs(caller: Caller, *, budget: Budget | None = None, limit: int = 50) -> list[OpenRun]:
    """Return the runs that hold money in the caller's teams, the largest holds first.

    `budget`: those that hold money of this one.
    """
    holds = Hold.objects.filter(
        team__in=list(caller.team_ids(Action.READ_RUNS)), closed_at__isnull=True
    )
    if budget is not None:
        field = "org_period" if budget.team_id is None else "team_period"
        holds = holds.filter(**{f"{field}__budget": budget})
    found = list(holds.order_by("-amount_nanousd", "pk")[:limit])
    runs = _runs(hold.run_id for hold in found)
    return [
        OpenRun(runs[hold.run_id], hold, getattr(runs[hold.run_id], "project_excerpt", ""))
        for hold in found
        if hold.run_id in runs
    ]


def _runs(ids: Iterable[object]) -> dict[object, Run]:
    rows = (
        Run.objects.filter(pk__in=list(ids))
        .select_related("team")
        .defer("project", "success_criteria", "signature")
        .annotate(project_excerpt=Left("project", EXCERPT_CHARS))
    )
    return {run.pk: run for run in rows}
