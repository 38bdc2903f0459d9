"""Organisations of any size for the benchmarks: their figures by day, and who looks at them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from budgets.core.access import Caller, Role
from budgets.models import Org, Team
from budgets.services.access import caller_of_user
from routing.selectors import known_models
from runs.core.filters import read_filters
from runs.core.rules import TaskType
from runs.selectors.usage import Asked, ask
from telemetry.core.histogram import cell_of
from telemetry.core.rollup import SeriesKey
from telemetry.core.totals import SUMS
from telemetry.models import DailyRollup
from telemetry.services.rollup_rows import RowKey, add_rows
from telemetry.services.series import series_ids
from tests.world import make_key, make_org, make_team, make_user

DAYS = 30
ROUNDS = 40
WORK = (
    *((str(kind), "generation", "ok") for kind in TaskType),
    ("code_review", "cross_review", "ok"),
    ("evaluation", "cross_review", "ok"),
    ("evaluation", "evaluation", "ok"),
    ("complex_reasoning", "decomposition", "ok"),
)
SHAPES = 40


class House:
    """An organisation with so many calls in its rollups, and who asks about them."""

    def __init__(self, calls: int) -> None:
        self.org: Org = make_org()
        self.teams: list[Team] = [make_team(self.org) for _ in range(2)]
        owner = make_user(self.org, role=Role.OWNER)
        self.caller: Caller = caller_of_user(owner)
        self.keys = [make_key(team) for team in self.teams]
        self.client = Client(SERVER_NAME="127.0.0.1")
        self.browser = Client(SERVER_NAME="127.0.0.1")
        self.browser.force_login(owner)
        write_history(self.org, self.teams, calls)

    def ask(self) -> Asked:
        return ask(self.caller, read_filters({"range": ["30d"]}, timezone.now(), self.org.zone))


def open_page(address: str) -> Callable[[House], None]:
    """Return what opens a page as the organisation's owner."""

    def opened(house: House) -> None:
        response = house.browser.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address}: {response.status_code}")

    return opened


def compared(
    name: str, read: Callable[[House], object], small: House, large: House, sizes: str
) -> dict[str, Any]:
    """Return a row of the table: the large one beside the small one, in turn."""
    pairs = [(clocked(read, large), clocked(read, small)) for _ in range(ROUNDS)][2:]
    value, reference = (percentile(times, 95) for times in zip(*pairs, strict=True))
    middle = [percentile(times, 50) for times in zip(*pairs, strict=True)]
    return {
        "what": f"{name}, {sizes}: p95 ms (ratio of medians)",
        "value": value,
        "reference": reference,
        "ratio": middle[0] / middle[1],
        "bar": "<= 1.5, value < 300",
    }


def take_statistics() -> None:
    """Let PostgreSQL know what was written, as it finds out by itself in time."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def write_history(org: Org, teams: Iterable[Team], calls: int) -> None:
    """Write the days' rollups as that many calls would leave them."""
    draws = random.Random(1)
    specs = [spec for spec in known_models().models.values() if spec.simulated]
    series: dict[SeriesKey, float] = {}
    for team in teams:
        for rank, spec in enumerate(specs, 1):
            for place, (task_type, phase, outcome) in enumerate(WORK, 1):
                key = SeriesKey(
                    org.pk, team.pk, False, spec.provider, spec.name, task_type, phase, outcome
                )
                weight = 1 / rank**0.5 / place**0.3
                series[key] = weight
                series[key._replace(outcome="error")] = weight / 50
                if phase == "generation":
                    series[key._replace(outcome="")] = weight / 2
    whole = sum(weight for key, weight in series.items() if key.outcome)
    shapes = [shape(draws) for _ in range(SHAPES)]
    today = timezone.now().date()
    with transaction.atomic():
        ids = series_ids(series)
        for ago in range(DAYS):
            day = today - timedelta(days=ago)
            rows: dict[RowKey, list[int]] = {}
            for key, weight in series.items():
                mean = calls / DAYS * weight / whole
                count = int(mean) + (draws.random() < mean % 1)
                if count:
                    figures = (
                        of_attempts(count)
                        if not key.outcome
                        else of_calls(count, key.outcome == "error", draws.choice(shapes))
                    )
                    rows[org.pk, day, ids[key]] = figures
            add_rows(DailyRollup, SUMS, rows, fresh=True)


def shape(draws: random.Random) -> list[int]:
    """Return some latencies around a middle of their own, as bins."""
    middle = draws.uniform(6, 8)
    return [cell_of(round(draws.lognormvariate(middle, 0.4))) for _ in range(200)]


def of_calls(count: int, failed: bool, latencies: list[int]) -> list[int]:
    shown = latencies[: min(count, len(latencies))]
    cells = sum(shown) * (count // len(shown))
    made = [count, int(failed) * count, 0, 0, 0, count * 900_000, 0, count * 900, count * 400]
    return [*made, 0, 0, 0, *[0] * 6, cells]


def of_attempts(count: int) -> list[int]:
    return [*[0] * 12, count, count * 3 // 4, count * 4_000_000, count, count * 8_500,
            count * 8_500**2, 0]  # fmt: skip


def clocked(read: Callable[[House], object], house: House) -> float:
    started = time.perf_counter()
    read(house)
    return 1000 * (time.perf_counter() - started)


def percentile(values: Iterable[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
