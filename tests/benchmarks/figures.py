"""Dashboards' figures at ten million calls beside a hundred thousand, and what counting costs.

Two organisations in one database have the same teams, models and kinds of work over 30 days; one
has a hundred times the calls. Their rollups are written directly. Requests take turns.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from budgets.core.access import Caller
from budgets.models import Org, Team, User
from budgets.services.access import caller_of_user
from routing.selectors import known_models
from runs.core.filters import read_filters
from runs.core.metrics import METRICS
from runs.core.rules import TaskType
from runs.selectors.usage import Asked, ask, chart, overview, quality_matrix
from telemetry.core.histogram import cell_of
from telemetry.core.rollup import SeriesKey
from telemetry.core.totals import SUMS
from telemetry.models import DailyRollup
from telemetry.services import rollups
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall
from telemetry.services.rollup_rows import RowKey, add_rows
from telemetry.services.series import series_ids
from tests.integration.telemetry.facts import call
from tests.world import make_key, make_org, make_team, make_user

DAYS = 30
SMALL, LARGE = 100_000, 10_000_000
ROUNDS = 40
WORK = (
    *((str(kind), "generation", "ok") for kind in TaskType),
    ("code_review", "cross_review", "ok"),
    ("evaluation", "cross_review", "ok"),
    ("evaluation", "evaluation", "ok"),
    ("complex_reasoning", "decomposition", "ok"),
)
SHAPES = 40


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    small, large = House(SMALL), House(LARGE)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    rows = []
    for name, read in QUESTIONS.items():
        pairs = [(clocked(read, large), clocked(read, small)) for _ in range(ROUNDS)][2:]
        value, reference = (percentile(times, 95) for times in zip(*pairs, strict=True))
        middle = [percentile(times, 50) for times in zip(*pairs, strict=True)]
        rows.append(
            {
                "what": f"{name}, 10 million calls: p95 ms (ratio of medians)",
                "value": value,
                "reference": reference,
                "ratio": middle[0] / middle[1],
                "bar": "<= 1.5, value < 300",
            }
        )
    return [*rows, *counting()]


class House:
    """An organisation with so many calls in its rollups, and who asks about them."""

    def __init__(self, calls: int) -> None:
        self.org: Org = make_org()
        teams = [make_team(self.org) for _ in range(2)]
        self.caller: Caller = caller_of_user(self._owner())
        self.keys = [make_key(team) for team in teams]
        self.client = Client(SERVER_NAME="127.0.0.1")
        write_history(self.org, teams, calls)

    def _owner(self) -> User:
        return make_user(self.org, role="owner")  # type: ignore[arg-type]  # as stored

    def ask(self) -> Asked:
        return ask(self.caller, read_filters({"range": ["30d"]}, timezone.now(), self.org.zone))


def get_usage(house: House) -> None:
    cache.clear()  # or the caller's rate ends the benchmark
    response = house.client.get(
        "/api/v1/usage/",
        {"group_by": "model,task_type", "range": "30d"},
        headers={"Authorization": f"Bearer {house.keys[0]}"},
    )
    if response.status_code != 200:
        raise RuntimeError(response.content)


def read_overview(house: House) -> None:
    asked = house.ask()
    overview(house.caller, asked)
    chart(asked, METRICS["cost"], "model")


QUESTIONS: dict[str, Callable[[House], object]] = {
    "usage by model and task type": get_usage,
    "quality matrix with trend": lambda house: quality_matrix(house.ask()),
    "overview with chart": read_overview,
    "latency p95 over time by model": lambda house: chart(
        house.ask(), METRICS["latency_p95"], "model"
    ),
}


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


def counting() -> list[dict[str, Any]]:
    """Return what adding calls to the figures costs in the journal's batches."""
    rows = []
    for size in (2, 16):
        with_figures, without = [], []
        for _ in range(60):
            with_figures.append(cpu_ms(partial(record, size)) / size)
            with patch.object(rollups, "add_calls", lambda calls: None):
                without.append(cpu_ms(partial(record, size)) / size)
        extra = sum(with_figures[5:]) / 55 - sum(without[5:]) / 55
        bare = sum(without[5:]) / 55
        rows.append(
            {
                "what": f"rollup in the journal, {size} calls a batch: CPU ms a call (its own "
                "beside recording)",
                "value": extra,
                "reference": bare,
                "ratio": extra / bare,
                "bar": "value < 0.3",
            }
        )
    return rows


def record(count: int) -> None:
    models = [f"sim/m{number}" for number in range(8)]
    at: datetime = timezone.now()
    apply_now(
        *(
            RecordCall(call(at=at, model=random.choice(models), latency_ms=random.randrange(9_000)))
            for _ in range(count)
        )
    )


def clocked(read: Callable[[House], object], house: House) -> float:
    started = time.perf_counter()
    read(house)
    return 1000 * (time.perf_counter() - started)


def cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return 1000 * (time.process_time() - started)


def percentile(values: Iterable[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
