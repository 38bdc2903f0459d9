"""How long it takes to find the run that a submission may go on with, among 100,000."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from typing import Any

from django.utils import timezone
from uuid_utils.compat import uuid7

from budgets.models import Team
from runs.core.similarity import signature, text_digest
from runs.models import Run
from runs.services.resume import find
from tests.world import make_team

RUNS = 100_000
SEARCHES = 100
BATCH = 2_000
WORDS = ["build", "service", "users", "orders", "reports", "charts", "maps", "login", "tests"]
WORDS += ["docker", "python", "java", "rust", "queue", "cache", "web", "mobile", "desktop"]
WORDS += ["data", "science", "model", "training", "evaluation", "pipeline", "invoices", "search"]


def measure() -> list[dict[str, Any]]:
    """Return the row of the table: p95 among that many resumable runs, and among a thousand."""
    draw = random.Random(1)
    few, many = make_team().pk, make_team().pk
    fill(few, 1_000, draw)
    fill(many, RUNS, draw)
    reference, value = p95(few, draw), p95(many, draw)
    return [
        {
            "what": "find a run to resume among 100,000: p95 ms",
            "value": value,
            "reference": reference,
            "ratio": value / reference,
            "bar": "value < 50",
        }
    ]


def fill(team: int, number: int, draw: random.Random) -> None:
    org, now = org_of(team), timezone.now()
    for start in range(0, number, BATCH):
        Run.objects.bulk_create(
            made(org, team, text(draw), now - timedelta(seconds=place))
            for place in range(start, min(start + BATCH, number))
        )


def org_of(team: int) -> int:
    return Team.objects.get(pk=team).org_id


def made(org: int, team: int, project: str, at: Any) -> Run:
    return Run(
        id=uuid7(), org_id=org, team_id=team, project=project, status="TIMEOUT", created_at=at,
        budget_nanousd=1, time_limit_seconds=1, max_parallel_tasks=1,
        text_digest=text_digest(project, ""), signature=signature(project, ""),
    )  # fmt: skip


def text(draw: random.Random) -> str:
    return " ".join(draw.choice(WORDS) for _ in range(20))


def p95(team: int, draw: random.Random) -> float:
    times = []
    for _ in range(SEARCHES):
        project, started = text(draw), time.perf_counter()
        find(team, project, "", timezone.now())
        times.append(1000 * (time.perf_counter() - started))
    return sorted(times)[SEARCHES * 95 // 100]
