"""Reading tenants, money and keys. Whatever a caller may not see is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from budgets.core.access import Action, Caller
from budgets.core.errors import UnknownTeam
from budgets.core.ledger import Phase
from budgets.core.period import PeriodKind, period_at
from budgets.models import ApiKey, Budget, BudgetPeriod, Hold, Org, Team


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


def orgs_of(caller: Caller) -> QuerySet[Org]:
    """Return the orgs a caller belongs to, wholly or by a team."""
    return Org.objects.filter(pk__in=caller.org_ids)


def teams_of(caller: Caller, action: Action | None = None) -> QuerySet[Team]:
    """Return the teams a caller may see, or those in which it may do this."""
    ids = caller.team_actions.keys() if action is None else caller.team_ids(action)
    return Team.objects.filter(pk__in=list(ids)).select_related("org").order_by("org", "slug")


def team_named(caller: Caller, slug: str) -> Team:
    """Return the caller's team of that slug.

    Raises: UnknownTeam when there is none, or when several orgs of the caller have one.
    """
    return _only(teams_of(caller), slug)


def any_team_named(name: str) -> Team:
    """Return the team called `slug` or `org/slug`, for whoever operates the house.

    Raises: UnknownTeam, telling how to name it when several orgs have one.
    """
    org, _, slug = name.rpartition("/")
    teams = Team.objects.select_related("org").order_by("org", "slug")
    return _only(teams.filter(org__slug=org) if org else teams, slug)


def _only(teams: QuerySet[Team], slug: str) -> Team:
    found = list(teams.filter(slug=slug)[:2])
    if not found:
        raise UnknownTeam(f"no team {slug}")
    if len(found) > 1:
        names = ", ".join(f"{team.org.slug}/{team.slug}" for team in found)
        raise UnknownTeam(f"several teams are called {slug}: {names}")
    return found[0]


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


def keys_of(caller: Caller) -> QuerySet[ApiKey]:
    """Return the API keys a caller may manage, the newest first."""
    teams = list(caller.team_ids(Action.MANAGE_KEYS))
    return ApiKey.objects.filter(team__in=teams).select_related("team").order_by("-pk")


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
    if period is None:
        return budget.limit_nanousd
    return max(0, period.limit_nanousd - period.spent_nanousd - period.held_nanousd)
