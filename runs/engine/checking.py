"""How a run's outputs are checked, read once a run and kind of task."""

from __future__ import annotations

from django.utils import timezone

from routing.core.cascade import Check
from runs.core.checks import check_of, deciding
from runs.engine.draft import Brief
from runs.models import Run
from runs.selectors.checking import checking_cost, judged_by_people
from telemetry.services.journal import Journal


class Checks:
    """Knows what checks the outputs of one run's tasks."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._cost: float | None = None
        self._judged: dict[str, list[tuple[float, float]]] = {}

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

    async def _judged_by_people(self, org_id: int, task_type: str) -> list[tuple[float, float]]:
        if task_type not in self._judged:
            self._judged[task_type] = await self._journal.call(judged_by_people, org_id, task_type)
        return self._judged[task_type]
