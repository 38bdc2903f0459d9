"""The limits of rate that hold for an organisation's calls."""

from __future__ import annotations

from django.db.models import Q

from routing.core.rates import Measure, RateLimit, Scope
from routing.models import RateLimit as Row

COLUMNS = {
    Measure.REQUESTS_PER_MINUTE: "requests_per_minute",
    Measure.TOKENS_PER_MINUTE: "tokens_per_minute",
    Measure.NANOUSD_PER_HOUR: "nanousd_per_hour",
    Measure.TOKENS_PER_DAY: "tokens_per_day",
}


def rate_limits_for(org_id: int) -> tuple[RateLimit, ...]:
    """Return the limits that may count calls of this organisation, in one query."""
    rows = Row.objects.filter(Q(org_id=None) | Q(org_id=org_id), enabled=True).order_by("pk")
    return tuple(_limit(row) for row in rows)


def _limit(row: Row) -> RateLimit:
    caps = {measure: getattr(row, column) for measure, column in COLUMNS.items()}
    return RateLimit(
        key=f"limit:{row.pk}",
        label=f"limit of {row}",
        scope=Scope(row.scope),
        caps={measure: cap for measure, cap in caps.items() if cap is not None},
        name=row.name,
        org_id=row.org_id,
        team_id=row.team_id,
    )
