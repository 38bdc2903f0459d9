"""What budgets limit, what is free in them, and what runs have spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from budgets.core.access import Action, Caller
from budgets.core.ledger import Phase
from budgets.core.limits import Raised
from budgets.core.period import PeriodKind, period_at
from budgets.models import Budget, BudgetPeriod, Hold, Org, Team
from budgets.selectors.raises import raised_by_budget


@dataclass(frozen=True, slots=True)
class RunMoney:
    """What a run has spent and what its calls in flight have reserved, over all its holds."""

    spent_nanousd: int
    reserved_nanousd: int
    phases: Mapping[Phase, int]


NO_MONEY = RunMoney(0, 0, dict.fromkeys(Phase, 0))


def run_money(run_ids: Iterable[UUID]) -> dict[UUID, RunMoney]:
    """Return the money of runs in one query; a run that never had a hold has no entry."""
    columns = ("spent_nanousd", "reserved_nanousd", *(f"spent_{each}_nanousd" for each in Phase))
    rows = (
        Hold.objects.filter(run_id__in=list(run_ids))
        .values("run_id")
        .values_list("run_id", *(Sum(column) for column in columns))
    )
    return {
        run_id: RunMoney(spent, reserved, dict(zip(Phase, phases, strict=True)))
        for run_id, spent, reserved, *phases in rows
    }


def budgets_of(caller: Caller) -> QuerySet[Budget]:
    """Return the budgets a caller may read: its teams', and its orgs' where it is of the org."""
    orgs = [org for org, actions in caller.org_actions.items() if Action.READ_BUDGETS in actions]
    return (
        Budget.objects.filter(
            Q(team__in=list(caller.team_ids(Action.READ_BUDGETS)))
            | Q(team__isnull=True, org__in=orgs)
        )
        .select_related("org", "team")
        .order_by("org", "team", "pk")
    )


def budgets_over(org: Org, team: Team) -> list[Budget]:
    """Return the budgets that limit a team: its own, then its org's, where they exist."""
    found = {budget.team_id: budget for budget in Budget.objects.filter(org=org)}
    return [found[key] for key in (team.pk, None) if key in found]


def free_nanousd(org: Org, team: Team, now: datetime) -> int | None:
    """Return what a team could still set aside: the least that any budget over it leaves.

    None: no budget limits it.
    """
    return min((_free(budget, org, now) for budget in budgets_over(org, team)), default=None)


def _free(budget: Budget, org: Org, now: datetime) -> int:
    span = period_at(PeriodKind(budget.period), org.zone, now, budget.created_at)
    period = BudgetPeriod.objects.filter(budget=budget, starts_at=span.starts_at).first()
    raised = raised_by_budget([budget.pk], now).get(budget.pk, Raised()).amount_nanousd
    if period is None:
        return budget.limit_nanousd + raised
    limit = period.limit_nanousd - period.raised_nanousd + raised
    return max(0, limit - period.spent_nanousd - period.held_nanousd)


def committed_nanousd(budget: Budget, now: datetime) -> int:
    """Return the least limit that what is spent and held now fits in, raises apart."""
    going = BudgetPeriod.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), budget=budget)
    rows = going.values_list("spent_nanousd", "held_nanousd", "raised_nanousd")
    return max((spent + held - raised for spent, held, raised in rows), default=0)
