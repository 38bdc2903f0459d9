"""Watching budgets and telling each threshold once a period.

What is spent is judged where money moves (`ledger.periods`); here it is what time alone brings
about: forecasts, raises that expired, and the messages that alerts become.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from budgets.core.alert import AlertFacts, AlertKind, payload_of
from budgets.core.ledger import threshold_crossed
from budgets.models import AlertChannel, AlertDelivery, Budget, BudgetAlert, BudgetPeriod
from budgets.selectors.outlook import BudgetOutlook, budget_outlooks
from budgets.services.ledger.periods import lock_periods, tell_passed
from budgets.services.periods import current_period
from telemetry.services.bulk import update_rows
from telemetry.services.recording import RecordEvent

WATCH_EVERY: Final = timedelta(minutes=5)
WATCHED_AT_ONCE: Final = 200
FANNED_OUT_AT_ONCE: Final = 200


def watch(now: datetime) -> int:
    """Judge the forecasts of budgets that nobody looked at for a while; return how many."""
    due = Q(watched_at__isnull=True) | Q(watched_at__lte=now - WATCH_EVERY)
    ids = list(Budget.objects.filter(due).order_by("pk").values_list("pk", flat=True))
    # Conditional: of several workers each budget is looked at by one.
    mine = [
        pk
        for pk in ids[:WATCHED_AT_ONCE]
        if Budget.objects.filter(due, pk=pk).update(watched_at=now)
    ]
    budgets = list(Budget.objects.filter(pk__in=mine).select_related("org", "team"))
    for outlook in budget_outlooks(budgets, now):
        _judge(outlook, now)
    return len(budgets)


def fan_out(now: datetime) -> int:
    """Make a delivery of each new alert to each channel that wants it; return how many."""
    made = 0
    with transaction.atomic():
        alerts = list(
            BudgetAlert.objects.select_for_update(of=("self",))
            .filter(fanned_out_at__isnull=True)
            .select_related("period__budget__org", "period__budget__team")
            .order_by("at", "pk")[:FANNED_OUT_AT_ONCE]
        )
        for alert in alerts:
            deliveries = [_delivery(channel, alert, now) for channel in channels_for(alert)]
            AlertDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
            made += len(deliveries)
        BudgetAlert.objects.filter(pk__in=[one.pk for one in alerts]).update(fanned_out_at=now)
    return made


def channels_for(alert: BudgetAlert) -> Sequence[AlertChannel]:
    """Return where an alert goes: the org's channels, and its team's own."""
    budget = alert.period.budget
    wide = Q(team__isnull=True)
    own = wide if budget.team_id is None else wide | Q(team=budget.team_id)
    return list(AlertChannel.objects.filter(own, org=budget.org_id, removed_at__isnull=True))


def facts_of(alert: BudgetAlert) -> AlertFacts:
    """Return what an alert is about, with names."""
    period, budget = alert.period, alert.period.budget
    return AlertFacts(
        kind=AlertKind(alert.kind),
        percent=alert.percent,
        scope="org" if budget.team_id is None else "team",
        scope_name=budget.team.name if budget.team else budget.org.name,
        budget_id=budget.pk,
        period=budget.period,
        period_starts_at=period.starts_at,
        period_ends_at=period.ends_at,
        limit_nanousd=alert.limit_nanousd,
        spent_nanousd=alert.spent_nanousd,
        held_nanousd=alert.held_nanousd,
        projected_nanousd=alert.projected_nanousd,
        runs_out_at=alert.runs_out_at,
        at=alert.at,
        url=f"{settings.PUBLIC_URL}/budgets/{budget.pk}/",
    )


def _delivery(channel: AlertChannel, alert: BudgetAlert, now: datetime) -> AlertDelivery:
    return AlertDelivery(
        channel=channel,
        alert=alert,
        payload=payload_of(facts_of(alert)),
        next_try_at=now,
        created_at=now,
    )


def _judge(outlook: BudgetOutlook, now: datetime) -> None:
    """Tell what the clock brought about; a budget that nothing happened to costs no write."""
    row, budget = outlook.row, outlook.budget
    expired = row is not None and row.limit_until is not None and row.limit_until <= now
    projected = outlook.burn.projected_nanousd or 0
    told = 0 if row is None else row.forecast_alerted_percent
    percent = threshold_crossed(budget.forecast_thresholds, outlook.limit_nanousd, projected, told)
    if percent is None and not expired:
        return
    with transaction.atomic():
        period = current_period(budget, budget.org, now)
        locked = lock_periods([period.pk], now)[period.pk]
        events = tell_passed([locked], now)
        update_rows(BudgetPeriod, ["alerted_percent"], [(locked.told_percent, locked.id)])
        if percent is not None and _first_to_tell(period.pk, percent):
            BudgetAlert.objects.bulk_create(
                [_forecast_alert(outlook, period.pk, percent, now)], ignore_conflicts=True
            )
            events.append(
                locked.event("budget.forecast", now, percent=percent, projected_nanousd=projected)
            )
        RecordEvent.apply(events)


def _first_to_tell(period_id: int, percent: int) -> bool:
    return bool(
        BudgetPeriod.objects.filter(pk=period_id, forecast_alerted_percent__lt=percent).update(
            forecast_alerted_percent=percent
        )
    )


def _forecast_alert(
    outlook: BudgetOutlook, period_id: int, percent: int, now: datetime
) -> BudgetAlert:
    return BudgetAlert(
        period_id=period_id,
        kind=AlertKind.FORECAST,
        percent=percent,
        limit_nanousd=outlook.limit_nanousd,
        spent_nanousd=outlook.spent_nanousd,
        held_nanousd=outlook.held_nanousd,
        projected_nanousd=outlook.burn.projected_nanousd,
        runs_out_at=outlook.burn.runs_out_at,
        at=now,
    )
