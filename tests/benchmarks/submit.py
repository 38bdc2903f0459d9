"""How long a caller waits for `POST /api/v1/runs/`, beside the smallest request there is."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from tests.functional.stack import Stack, running_stack

REQUESTS = 200


def measure() -> list[dict[str, Any]]:
    """Return the row of the table: p95 of submissions over real HTTP, one after the other."""
    with running_stack(workers=0) as stack:
        stack.manage("shell", "-c", RAISE_LIMITS)
        for number in range(20):
            submit(stack, -number - 1)
        submitted, healthy = [], []
        with httpx.Client(base_url=stack.url, trust_env=False) as client:
            for number in range(REQUESTS):
                submitted.append(clocked(partial(submit, stack, number)))
                healthy.append(clocked(partial(client.get, "/healthz")))
    p95, reference = (percentile(times, 95) for times in (submitted, healthy))
    return [
        {
            "what": "submit a run: p95 ms",
            "value": p95,
            "reference": reference,
            "ratio": p95 / reference,
            "bar": "value < 50",
        }
    ]


RAISE_LIMITS = (
    "from budgets.models import Budget, BudgetPeriod;"
    "Budget.objects.update(limit_nanousd=10**15);"
    "BudgetPeriod.objects.update(limit_nanousd=10**15)"
)


def submit(stack: Stack, number: int) -> None:
    stack.submit(project=f"Project number {number}: build something useful")


def clocked(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]
