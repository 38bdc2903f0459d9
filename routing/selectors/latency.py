"""How long each model took lately, from the hourly figures."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import lru_cache

from telemetry.core.histogram import Histogram, from_bytes
from telemetry.models import HourlyRollup

HOURS = 24
_SECONDS = 3600


def recent_p95(org_id: int, now: datetime) -> dict[str, float]:
    """Return the p95 latency in ms of each model over the last day's answers.

    A model without any is absent. Read at most once a minute.
    """
    return _p95(org_id, int(now.timestamp()) // 60)


@lru_cache(maxsize=64)
def _p95(org_id: int, minute: int) -> dict[str, float]:
    since = minute * 60 // _SECONDS - HOURS
    rows = HourlyRollup.objects.filter(
        org_id=org_id, hour__gte=since, series__outcome="ok", series__demo=False
    )
    timed: dict[str, Histogram] = defaultdict(Histogram)
    for model, latency in rows.values_list("series__model", "latency"):
        timed[model] += from_bytes(latency)
    found = {model: histogram.quantiles(0.95)[0] for model, histogram in timed.items()}
    return {model: p95 for model, p95 in found.items() if p95 is not None}
