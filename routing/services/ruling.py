"""What the policies say of one call, with what has to be read for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from django.db.models import Sum

from routing.core.candidates import Candidate
from routing.core.policy import Place
from routing.core.policy_ruling import NO_RULING, Ruling, judge
from routing.core.policy_violation import Measures
from routing.core.snapshot import RoutingSnapshot
from telemetry.models import Call
from telemetry.services.journal import Journal


class Asking(Protocol):
    """For whom a model is looked for."""

    @property
    def org_id(self) -> int: ...
    @property
    def team_id(self) -> int: ...
    @property
    def run_id(self) -> UUID: ...
    @property
    def task_key(self) -> str: ...
    @property
    def governing_run_id(self) -> UUID | None: ...


async def rule(
    journal: Journal,
    known: RoutingSnapshot,
    asking: Asking,
    task_type: str,
    candidates: Sequence[Candidate],
) -> Ruling:
    """Return what the policies of the snapshot say; reads only where a rule asks for it."""
    if not known.policies:
        return NO_RULING
    place = Place(asking.team_id, asking.governing_run_id or asking.run_id, task_type)
    spent = 0
    if asking.task_key and _caps_tasks(known, place):
        spent = await journal.call(spent_on_task, asking.run_id, asking.task_key)
    return judge(known.policies, place, candidates, Measures(spent, known.p95_ms))


def spent_on_task(run_id: UUID, task_key: str) -> int:
    """Return what the settled calls of a task have cost, in nano-dollars."""
    calls = Call.objects.filter(run_id=run_id, task_key=task_key)
    total: int | None = calls.aggregate(total=Sum("cost_nanousd"))["total"]
    return total or 0


def _caps_tasks(known: RoutingSnapshot, place: Place) -> bool:
    return any(
        one.policy.rules.max_cost_per_task_nanousd is not None and one.policy.applies(place)
        for one in known.policies
    )
