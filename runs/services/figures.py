"""The upkeep of figures, with what telemetry does not know: the time zones of organisations."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from budgets.models import Org
from telemetry.services.upkeep import Rebuilt, fold, rebuild


def fold_figures(now: datetime) -> int:
    """Fold some of the hours that are past keeping into days; return how many rows."""
    return fold(now, _zones())


def rebuild_figures(now: datetime) -> Rebuilt:
    """Make all figures anew from calls and scores, demo apart."""
    return rebuild(_zones(), now)


def _zones() -> dict[int, tzinfo]:
    return {pk: _zone(name) for pk, name in Org.objects.values_list("pk", "time_zone")}


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # it was one when it was set
        return UTC
