"""Setting money aside for a run at its team and org."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from budgets.core.access import RAISERS
from budgets.core.errors import BudgetExceeded
from budgets.core.ledger import LineKind
from budgets.models import Budget, BudgetPeriod, Hold, LedgerLine, Membership, Org, Team
from budgets.models.org import HoldMode
from budgets.selectors import budgets_over
from budgets.services.ledger.periods import lock_periods
from budgets.services.periods import current_period
from telemetry.services.recording import RecordEvent

_PEOPLE_NAMED = 5


def hold_amount(team: Team, budget_nanousd: int, forecast_high_nanousd: int) -> int:
    """Return what a run sets aside at first: its whole budget, or what it will likely need."""
    if team.hold_mode == HoldMode.FORECAST:
        return min(budget_nanousd, forecast_high_nanousd)
    return budget_nanousd


def open_hold(
    *,
    run_id: UUID,
    org: Org,
    team: Team,
    limit_nanousd: int,
    amount_nanousd: int,
    now: datetime,
) -> Hold:
    """Set money aside at team and org, in the caller's transaction.

    `limit_nanousd` is the most the hold may grow to. A refusal leaves nothing behind, so the
    caller may go on in its transaction and record it.
    Raises: BudgetExceeded; ValueError unless 0 <= amount <= limit.
    """
    if not 0 <= amount_nanousd <= limit_nanousd:
        raise ValueError("a hold sets aside between nothing and its limit")
    with transaction.atomic():
        taken = [_take(budget, org, amount_nanousd, now) for budget in budgets_over(org, team)]
        by_scope = {period.budget.team_id: period for period in taken}
        hold = Hold.objects.create(
            run_id=run_id,
            org=org,
            team=team,
            team_period=by_scope.get(team.pk),
            org_period=by_scope.get(None),
            limit_nanousd=limit_nanousd,
            amount_nanousd=amount_nanousd,
            opened_at=now,
        )
        LedgerLine.objects.create(
            hold=hold,
            run_id=run_id,
            org=org,
            team=team,
            kind=LineKind.HOLD,
            amount_nanousd=amount_nanousd,
            at=now,
        )
        _tell(taken, now)
    return hold


def _take(budget: Budget, org: Org, amount_nanousd: int, now: datetime) -> BudgetPeriod:
    period = current_period(budget, org, now)
    # Judged by the database in the same statement: two submissions cannot both see the room, and
    # none sees that of a raise which has expired meanwhile.
    taken = BudgetPeriod.objects.filter(
        Q(limit_until__isnull=True) | Q(limit_until__gt=now),
        pk=period.pk,
        limit_nanousd__gte=F("spent_nanousd") + F("held_nanousd") + amount_nanousd,
    ).update(held_nanousd=F("held_nanousd") + amount_nanousd)
    if not taken:
        period.refresh_from_db()
        raise _exceeded(budget, period, amount_nanousd)
    period.budget = budget
    return period


def _exceeded(budget: Budget, period: BudgetPeriod, amount_nanousd: int) -> BudgetExceeded:
    return BudgetExceeded(
        scope="org" if budget.team_id is None else "team",
        budget_id=budget.pk,
        limit_nanousd=period.limit_nanousd,
        spent_nanousd=period.spent_nanousd,
        held_nanousd=period.held_nanousd,
        requested_nanousd=amount_nanousd,
        resets_at=period.ends_at,
        who_can_raise=_raisers(budget),
    )


def _raisers(budget: Budget) -> tuple[str, ...]:
    """Return who may raise the budget: those of the team first, and the roles if nobody is."""
    members = Membership.objects.filter(
        org=budget.org_id, role__in=RAISERS, user__is_active=True
    ).select_related("user")
    people = [
        member
        for member in members.order_by(F("team").desc(nulls_last=True), "pk")
        if member.team_id in (budget.team_id, None)
    ]
    names = dict.fromkeys(member.user.get_full_name() or member.user.username for member in people)
    return tuple(names)[:_PEOPLE_NAMED] or tuple(role.value for role in RAISERS)


def _tell(periods: list[BudgetPeriod], now: datetime) -> None:
    rows = lock_periods((period.pk for period in periods), now)
    RecordEvent.apply([row.event("budget.moved", now) for row in rows.values()])
