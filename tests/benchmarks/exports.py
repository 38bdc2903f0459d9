"""A file of a million rows beside one of a hundred thousand: time a row, and memory in all."""

from __future__ import annotations

import resource
import time
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from budgets.core.access import Role
from budgets.models import Org, Team
from budgets.services.access import caller_of_user
from runs.api.usage_files import FILES, written
from runs.core.filters import read_filters
from runs.selectors.usage import ask, usage_stream
from telemetry.core.rollup import SeriesKey
from telemetry.core.totals import SUMS
from telemetry.models import DailyRollup
from telemetry.services.rollup_rows import RowKey, add_rows
from telemetry.services.series import series_ids
from tests.benchmarks.house import take_statistics
from tests.world import make_org, make_team, make_user

DAYS = 360
SMALL, LARGE = 100_000, 1_000_000
GROUPS = ("day", "team", "provider", "model", "task_type", "phase")


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table; the small file comes first, so that its memory is there."""
    orgs = [filled(SMALL), filled(LARGE)]
    take_statistics()
    (few, took), (many, took_more) = (exported(org) for org in orgs)
    return [
        {
            "what": f"export of {many:,} rows beside {few:,}: microseconds a row",
            "value": 1e6 * took_more[0] / many,
            "reference": 1e6 * took[0] / few,
            "ratio": took_more[0] / many / (took[0] / few),
            "bar": "<= 1.5",
        },
        {
            "what": "export: MB that the process grew to",
            "value": took_more[1],
            "reference": took[1],
            "ratio": took_more[1] / took[1],
            "bar": "<= 1.5",
        },
    ]


def exported(org: Org) -> tuple[int, tuple[float, float]]:
    """Return how many rows a file has, the seconds it took, and the process's largest size."""
    caller = caller_of_user(make_user(org, role=Role.OWNER))
    started = time.perf_counter()
    rows = usage_stream(
        ask(caller, read_filters({"range": ["365d"]}, timezone.now(), org.zone)), GROUPS
    )
    lines = sum(chunk.count("\n") for chunk in written(FILES["csv"], rows))
    if lines != len(rows) + 2:
        raise RuntimeError(f"{lines} lines for {len(rows)} rows")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return len(rows), (time.perf_counter() - started, peak)


def filled(count: int) -> Org:
    """Return an organisation with so many figures by day."""
    org = make_org()
    team, today = make_team(org), timezone.now().date()
    ids = list(series_ids(keys(org, team, count // DAYS + 1)).values())
    for ago in range(1, DAYS + 1):
        add_rows(DailyRollup, SUMS, day_of(org, today - timedelta(days=ago), ids), fresh=True)
    return org


def keys(org: Org, team: Team, count: int) -> list[SeriesKey]:
    return [
        SeriesKey(org.pk, team.pk, False, "sim", f"sim/m{n}", "evaluation", "generation", "ok")
        for n in range(count)
    ]


def day_of(org: Org, day: date, ids: list[int]) -> dict[RowKey, list[int]]:
    return {(org.pk, day, series): [1] * (len(SUMS) + 1) for series in ids}
