"""How outputs are checked; what that costs and what people said of it is read once a minute."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from django.utils import timezone

from routing.core.cascade import Check
from runs.core.checks import check_of, deciding
from runs.engine.draft import Brief
from runs.models import Run
from runs.selectors.checking import checking_cost, judged_by_people
from telemetry.services.journal import Journal

# Verdicts and mean costs move in hours, and many runs of one worker ask at once.
KEPT_SECONDS = 60.0
T = TypeVar("T")


@dataclass
class _Kept:
    """An answer, and until when it is good enough."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    until: float = 0.0
    answer: Any = None


class Checks:
    """Knows what checks the outputs of tasks, for all runs of one worker."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kept: dict[tuple[int] | tuple[int, str], _Kept] = defaultdict(_Kept)

    async def of(self, run: Run, brief: Brief) -> Check | None:
        """Return what checks a task's output; None: nothing that a cascade could rely on."""
        org, kind = run.org_id, brief.task_type
        validators = deciding(one.name for one in brief.validators)
        judged = [] if validators else await self._judged_by_people(org, kind)
        cost = await self._checking_cost(org) if validators or judged else 0.0
        return check_of(validators, judged, brief.threshold, cost)

    async def _checking_cost(self, org_id: int) -> float:
        return await self._ask((org_id,), partial(checking_cost, org_id, timezone.now()))

    async def _judged_by_people(self, org_id: int, task_type: str) -> list[tuple[float, float]]:
        return await self._ask((org_id, task_type), partial(judged_by_people, org_id, task_type))

    async def _ask(self, about: tuple[int] | tuple[int, str], question: Callable[[], T]) -> T:
        kept = self._kept[about]
        async with kept.lock:  # one asks, the others wait for its answer
            if monotonic() >= kept.until:
                kept.answer = await self._journal.call(question)
                kept.until = monotonic() + KEPT_SECONDS
        answer: T = kept.answer
        return answer
