"""The ledger of what recommendations did save, month by month beside what was estimated."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, FloatField, Q, Sum, Value, When
from django.db.models.functions import Cast, Coalesce

from budgets.models import Org
from routing.core.savings import Moved, Price, realised
from routing.models import AdviceDue, RealisedSaving, Recommendation, TrialResult
from routing.models.recommendation import Arm, Kind, State

MOVING = (State.CANARY, State.APPLIED)
STILL_COUNTED = timedelta(days=2)


def realise_org(org_id: int, now: datetime) -> int:
    """Bring the ledger of an organisation up to date; return how many recommendations it holds."""
    # What was under way when it was taken back is done, and written, a little later.
    late = Q(state=State.REVERTED, stage_ended_at__gt=now - STILL_COUNTED)
    rows = Recommendation.objects.filter(
        Q(state__in=MOVING) | late, org_id=org_id, kind=Kind.ROUTING
    )
    found = list(rows)
    for row in found:
        realise(row, now)
    AdviceDue.objects.filter(org_id=org_id).update(realised_at=now)
    return len(found)


def realise(row: Recommendation, now: datetime) -> None:
    """Make the rows of this month and the last anew; those before are done with."""
    zone = Org.objects.get(pk=row.org_id).zone
    this = now.astimezone(zone).date().replace(day=1)
    for month in ((this - timedelta(days=1)).replace(day=1), this):
        _realise_month(row, month, zone, now)


def _realise_month(row: Recommendation, month: date, zone: ZoneInfo, now: datetime) -> None:
    here = row.evidence["current"]
    price = Price(
        here["cost_nanousd"], here["accepted"], row.evidence["price_error_nanousd"], here["n"]
    )
    moved = _moved(row, month, zone, price)
    if not moved:
        return
    saved = realised(moved, price)
    RealisedSaving.objects.update_or_create(
        recommendation=row,
        month=month,
        defaults={
            "tasks": saved.tasks,
            "spent_nanousd": saved.spent_nanousd,
            "expected_nanousd": saved.expected_nanousd,
            "saving_nanousd": round(saved.saving.value),
            "saving_low_nanousd": round(saved.saving.low),
            "saving_high_nanousd": round(saved.saving.high),
            "quality_mean": saved.quality_mean,
            "updated_at": now,
        },
    )


def _moved(row: Recommendation, month: date, zone: ZoneInfo, price: Price) -> list[Moved]:
    """Return what the proposed model did in a month of the organisation's calendar.

    Summed up by the database, which may hold millions of attempts; the part that was moved is
    the same for most of them, so that few sums are left, and money stays whole.
    """
    start = datetime(month.year, month.month, 1, tzinfo=zone)
    after = (month + timedelta(days=32)).replace(day=1)
    end = datetime(after.year, after.month, 1, tzinfo=zone)
    rows = TrialResult.objects.filter(
        recommendation=row, arm=Arm.PROPOSED, stage__in=MOVING, at__gte=start, at__lt=end
    )
    worth = Case(When(accepted=True, then=Value(float(price.nanousd))), default=Value(0.0))
    beyond = Cast("cost_nanousd", FloatField()) - worth
    sums = {
        "count": Count("pk"),
        "accepted_count": Count("pk", filter=Q(accepted=True)),
        "spent": Sum("cost_nanousd"),
        "residual": Sum(beyond * beyond),
        "scored": Count("score"),
        "score_sum": Coalesce(Sum("score"), 0.0),
    }
    summed = rows.order_by().values_list("moved_ratio").annotate(**sums)
    return [Moved(*each) for each in summed]
