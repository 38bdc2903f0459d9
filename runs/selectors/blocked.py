"""What budgets stopped: submissions they refused, and runs whose money ran out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Left

from budgets.core.access import Action, Caller
from budgets.models import Budget
from routing.models import Decision
from routing.models.decision import Kind, Outcome
from runs.core.status import RunStatus
from runs.models import Run
from runs.selectors.runs import EXCERPT_CHARS, list_readings


@dataclass(frozen=True, slots=True)
class Blocked:
    """Something that a budget stopped. `run` None: it was refused before it was stored.

    `scope` is team, org, or run for a run's own budget; `held_nanousd` None: not told.
    """

    at: datetime
    scope: str
    team_id: int | None
    actor: str
    limit_nanousd: int
    spent_nanousd: int
    held_nanousd: int | None
    requested_nanousd: int | None
    run: Run | None = None
    project: str = ""

    @property
    def free_nanousd(self) -> int:
        """Return what was left."""
        return max(0, self.limit_nanousd - self.spent_nanousd - (self.held_nanousd or 0))


def blocked_by_budgets(
    caller: Caller, since: datetime, *, budget: Budget | None = None, limit: int = 20
) -> list[Blocked]:
    """Return what budgets stopped in the caller's teams, the newest first.

    `budget`: by this one alone, and by runs' own budgets under it.
    """
    teams = caller.team_ids(Action.READ_BUDGETS)
    if budget is not None and budget.team_id is not None:
        teams &= {budget.team_id}
    found = [*_refused(teams, since, budget, limit), *_ran_out(caller, teams, since, limit)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:limit]


def _refused(
    teams: Collection[int], since: datetime, budget: Budget | None, limit: int
) -> list[Blocked]:
    rows = Decision.objects.filter(
        kind=Kind.BUDGET, outcome=Outcome.DENY, team_id__in=list(teams), at__gte=since
    )
    if budget is not None:
        scope = "org" if budget.team_id is None else "team"
        rows = rows.filter(Q(policy=f"{scope} budget {budget.pk}"))
    return [
        Blocked(
            at=row.at,
            scope=row.policy.split(" ")[0],
            team_id=row.team_id,
            actor=row.actor,
            limit_nanousd=int(row.inputs.get("limit_nanousd", 0)),
            spent_nanousd=int(row.inputs.get("spent_nanousd", 0)),
            held_nanousd=int(row.inputs.get("held_nanousd", 0)),
            requested_nanousd=int(row.inputs.get("requested_nanousd", 0)),
        )
        for row in rows.order_by("-id")[:limit]
    ]


def _ran_out(caller: Caller, teams: Collection[int], since: datetime, limit: int) -> list[Blocked]:
    """Return runs that ended because no money was left, where the caller may read runs."""
    readable = set(teams) & caller.team_ids(Action.READ_RUNS)
    runs = (
        Run.objects.filter(
            team__in=list(readable), status=RunStatus.BUDGET_EXHAUSTED, finished_at__gte=since
        )
        .select_related("team", "created_by")
        .defer("project", "success_criteria", "signature")
        .annotate(
            project_excerpt=Left("project", EXCERPT_CHARS),
            criteria_excerpt=Left("success_criteria", EXCERPT_CHARS),
        )
        .order_by("-finished_at")[:limit]
    )
    return [
        Blocked(
            at=one.run.finished_at or one.run.created_at,
            scope="run",
            team_id=one.run.team_id,
            actor=one.run.created_by.get_username() if one.run.created_by else "a key",
            limit_nanousd=one.run.budget_nanousd,
            spent_nanousd=one.money.spent_nanousd,
            held_nanousd=None,
            requested_nanousd=None,
            run=one.run,
            project=one.project,
        )
        for one in list_readings(runs)
    ]
