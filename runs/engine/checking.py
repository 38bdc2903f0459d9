"""How a run's outputs are checked; what people said of judges is read once a minute."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from weakref import WeakKeyDictionary

from django.utils import timezone

from routing.core.cascade import Check
from runs.core.checks import check_of, deciding
from runs.engine.draft import Brief
from runs.models import Run
from runs.selectors.checking import checking_cost, judged_by_people
from telemetry.services.journal import Journal

# Verdicts come in hours, and many runs of one worker ask at once.
KEPT_SECONDS = 60.0
Judged = list[tuple[float, float]]


@dataclass
class _Kept:
    """What people said of a type of task, and until when that is good enough."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    until: float = 0.0
    judged: Judged = field(default_factory=list)


class Checks:
    """Knows what checks the outputs of one run's tasks."""

    _shared: WeakKeyDictionary[Journal, dict[tuple[int, str], _Kept]] = WeakKeyDictionary()

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._cost: float | None = None

    async def of(self, run: Run, brief: Brief) -> Check | None:
        """Return what checks a task's output; None: nothing that a cascade could rely on."""
        validators = deciding(one.name for one in brief.validators)
        judged = [] if validators else await self._judged_by_people(run.org_id, brief.task_type)
        cost = await self._checking_cost(run.org_id) if validators or judged else 0.0
        return check_of(validators, judged, brief.threshold, cost)

    async def _checking_cost(self, org_id: int) -> float:
        if self._cost is None:
            self._cost = await self._journal.call(checking_cost, org_id, timezone.now())
        return self._cost

    async def _judged_by_people(self, org_id: int, task_type: str) -> Judged:
        known = self._shared.setdefault(self._journal, {})
        kept = known.setdefault((org_id, task_type), _Kept())
        async with kept.lock:  # one asks, the others wait for its answer
            if monotonic() >= kept.until:
                kept.judged = await self._journal.call(judged_by_people, org_id, task_type)
                kept.until = monotonic() + KEPT_SECONDS
            return kept.judged
