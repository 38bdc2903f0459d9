"""Dashboards' figures at ten million calls beside a hundred thousand, and what counting costs.

Two organisations in one database have the same teams, models and kinds of work over 30 days; one
has a hundred times the calls. Their rollups are written directly. Requests take turns.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from unittest.mock import patch

from django.core.cache import cache
from django.utils import timezone

from runs.core.metrics import METRICS
from runs.selectors.usage import chart, overview, quality_matrix
from telemetry.services import rollups
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall
from tests.benchmarks.house import House, compared, open_page, take_statistics
from tests.integration.telemetry.facts import call

SMALL, LARGE = 100_000, 10_000_000


def measure() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    small, large = House(SMALL), House(LARGE)
    take_statistics()
    rows = [
        compared(name, read, small, large, "10 million calls beside 100,000")
        for name, read in QUESTIONS.items()
    ]
    return [*rows, *counting()]


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
    "page Overview": open_page("/overview/?range=30d"),
    "page Quality": open_page("/quality/?range=30d"),
    "page Costs": open_page("/costs/?range=30d&sub=task_type"),
    "page Providers": open_page("/providers/?range=30d"),
    "usage by model and task type": get_usage,
    "quality matrix with trend": lambda house: quality_matrix(house.ask()),
    "overview with chart": read_overview,
    "latency p95 over time by model": lambda house: chart(
        house.ask(), METRICS["latency_p95"], "model"
    ),
}


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


def cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return 1000 * (time.process_time() - started)
