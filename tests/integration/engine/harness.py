"""Runs carried out in this process by the real engine, over real HTTP to the simulator."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from budgets.models import Hold
from routing.models import Breaker
from routing.services.gateway import Gateway
from runs.core.given_plan import given_plan
from runs.engine.run import carry_out
from runs.engine.session import Session
from runs.models import Run
from runs.services import lease
from runs.services.progress import SavePlan
from telemetry.models import Call
from telemetry.services.journal import Journal, apply_now
from tests.integration.engine.world import make_run


def given_run(*tasks: dict[str, Any], **overrides: Any) -> Run:
    """Store a run whose DAG is given; a task needs no more than its key."""
    run = make_run(created_at=timezone.now(), **overrides)
    items = [
        {"type": "summarization", "prompt": f"Summarise the news, part {task['key']}.", **task}
        for task in tasks
    ]
    apply_now(SavePlan(run.id, "given", given_plan(items)))
    return run


def carry(*runs: Run, seed: int = 1, owner: str = "worker") -> list[Run]:
    """Carry these runs out together to their end; return them as they are then."""
    asyncio.run(carry_all(len(runs), seed=seed, owner=owner))
    return [Run.objects.get(id=run.id) for run in runs]


async def carry_all(count: int, *, seed: int = 1, owner: str = "worker") -> None:
    """Claim up to so many runs and carry them out in this event loop."""
    journal = Journal()
    gateway = Gateway(journal, random.Random(seed))
    try:
        claimed = await journal.call(lease.claim, owner, count, timezone.now(), 60.0)
        await asyncio.gather(
            *(carry_out(Session(one.run_id, one.epoch, journal, gateway)) for one in claimed)
        )
        await gateway.close()
    finally:
        await asyncio.to_thread(journal.close)


def on_probation(model: str) -> None:
    """Store a breaker whose cooldown has just ended: the model may be probed."""
    now = timezone.now()
    Breaker.objects.create(
        model=model,
        state="OPEN",
        strikes=3,
        cooldown_seconds=30,
        opened_at=now - timedelta(seconds=31),
        retry_at=now - timedelta(seconds=1),
        updated_at=now,
    )


def resume(run: Run, now: datetime | None = None, **changes: Any) -> Run:
    """Queue an interrupted run again."""
    from runs.services.lifecycle import resume as resume_run

    return resume_run(run.id, now or timezone.now(), **changes)


def calls_of(run: Run) -> list[Call]:
    return list(Call.objects.filter(run_id=run.id).order_by("id"))


def spent(run: Run) -> int:
    return sum(hold.spent_nanousd for hold in Hold.objects.filter(run_id=run.id))


def assert_money_adds_up(run: Run) -> None:
    """Check that hold, calls, and limits tell the same story."""
    holds = list(Hold.objects.filter(run_id=run.id))
    assert all(hold.closed_at and hold.reserved_nanousd == 0 for hold in holds)
    assert sum(call.cost_nanousd or 0 for call in calls_of(run)) == spent(run)
    assert spent(run) <= run.budget_nanousd
