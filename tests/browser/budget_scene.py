"""A month of money: spending, a raise, changes, what was stopped, alerts and keys."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from budgets.core.access import Caller, Scope
from budgets.core.alert import ChannelKind
from budgets.core.period import PeriodKind, period_at
from budgets.models import (
    AlertChannel,
    AlertDelivery,
    Budget,
    BudgetPeriod,
    Hold,
    Org,
    Team,
)
from budgets.services.alerts import fan_out
from budgets.services.channels import try_channel
from budgets.services.keys import create_key, revoke_key
from budgets.services.limits import Wanted, change_budget, create_budget, raise_budget
from budgets.services.periods import current_period
from routing.models import Decision
from runs.models import Run
from tests.browser.world import usd
from tests.integration.budgets.spent import spend_at

ADA = Caller("ada")


def money(org: Org, eng: Team) -> Budget:
    """Fill the team's budget with a history that will overrun; return it."""
    now = timezone.now()
    budget = Budget.objects.select_related("org", "team").get(team=eng)
    Budget.objects.filter(pk=budget.pk).update(created_at=now - timedelta(days=120))
    budget.refresh_from_db()
    create_budget(
        org=org, team=None, period=PeriodKind.MONTH, wanted=Wanted(usd("400")), by=ADA,
        now=now - timedelta(days=100),
    )  # fmt: skip
    _spend(budget, eng)
    change_budget(
        budget, Wanted(limit_nanousd=usd("60"), forecast_thresholds=[100]), by=ADA,
        now=now - timedelta(hours=30), reason="Two people joined the team",
    )  # fmt: skip
    raise_budget(
        budget, amount_nanousd=usd("5"), reason="Load test before the launch", by=ADA,
        expires_at=now + timedelta(days=1), now=now - timedelta(hours=2),
    )  # fmt: skip
    _stop(budget)
    _tell(budget, org)
    _keys(eng)
    return budget


def _spend(budget: Budget, eng: Team) -> None:
    now = timezone.now()
    span = period_at(PeriodKind.MONTH, budget.org.zone, now, budget.created_at)
    total, day = 0, now - timedelta(hours=1)
    amounts = [1.3, 2.6, 1.9, 0.4, 0.3, 2.2, 2.8]
    for back in range(35):
        amount = usd(f"{amounts[back % 7]}")
        spend_at(eng, amount, day - timedelta(days=back))
        total += amount if day - timedelta(days=back) >= span.starts_at else 0
    period = current_period(budget, budget.org, now)
    # Whatever the day of the month, more than half of it is spent.
    spent = min(max(total, usd("36")), usd("38"))
    ended = ("SUCCESS", "COMPLETED_DEGRADED", "BUDGET_EXHAUSTED", "TIMEOUT", "SYSTEM_FAILURE",
             "CANCELLED", "PARTIAL_SUCCESS")  # fmt: skip
    over = Run.objects.filter(status__in=ended).values("pk")
    Hold.objects.filter(run_id__in=over).update(closed_at=now)
    wide = Budget.objects.select_related("org").get(team=None)
    org_period = current_period(wide, wide.org, now)
    going = Hold.objects.filter(team=eng, closed_at=None)
    going.update(team_period=period, org_period=org_period)
    held = sum(going.values_list("amount_nanousd", flat=True))
    for each, more in ((period, 0), (org_period, usd("61.4"))):
        BudgetPeriod.objects.filter(pk=each.pk).update(
            spent_nanousd=spent + more, held_nanousd=held
        )
    before = period.starts_at
    for number in range(3):
        last = period_at(
            PeriodKind.MONTH, budget.org.zone, before - timedelta(days=1), budget.created_at
        )
        BudgetPeriod.objects.create(
            budget=budget, starts_at=last.starts_at, ends_at=last.ends_at,
            limit_nanousd=usd("50"), spent_nanousd=usd(f"{41 - 9 * number}.37"),
        )  # fmt: skip
        before = last.starts_at


def _stop(budget: Budget) -> None:
    now = timezone.now()
    for hours, asked in ((3, "20"), (29, "12.50")):
        Decision.objects.create(
            at=now - timedelta(hours=hours), org_id=budget.org_id, team_id=budget.team_id,
            kind="budget", outcome="deny", policy=f"team budget {budget.pk}", actor="dev",
            reason="no room",
            inputs={"limit_nanousd": usd("50"), "spent_nanousd": usd("36"),
                    "held_nanousd": usd("4"), "requested_nanousd": usd(asked)},
        )  # fmt: skip


def _tell(budget: Budget, org: Org) -> None:
    now = timezone.now()
    for kind, target in (
        (ChannelKind.EMAIL, "finance@example.com, ada@example.com"),
        (ChannelKind.WEBHOOK, "https://hooks.example.com/budgets"),
    ):
        AlertChannel.objects.create(
            org=org, kind=kind, target=target, created_at=now, created_by="ada"
        )
    fan_out(now)
    try_channel(AlertChannel.objects.order_by("pk")[1], by=ADA, now=now)
    first, second, _ = AlertDelivery.objects.order_by("pk")
    AlertDelivery.objects.filter(pk=first.pk).update(delivered_at=now, tries=1, next_try_at=None)
    AlertDelivery.objects.filter(pk=second.pk).update(
        tries=3, error="answered 503", response_status=503, next_try_at=now + timedelta(minutes=5)
    )


def _keys(eng: Team) -> None:
    now = timezone.now()
    create_key(team=eng, name="ci", scopes=[Scope.RUNS_WRITE, Scope.RUNS_READ])
    create_key(
        team=eng, name="nightly report", scopes=[Scope.USAGE_READ],
        expires_at=now + timedelta(days=40), allowed_models=["sim/gpt-6-luna"],
    )  # fmt: skip
    old, _ = create_key(team=eng, name="laptop of dev", scopes=list(Scope))
    revoke_key(old, now - timedelta(days=3))
