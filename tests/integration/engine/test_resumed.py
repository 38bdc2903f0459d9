"""A run that was interrupted half way goes on with what is left, as parallel as the first time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from django.utils import timezone

from budgets.models import Reservation
from routing.services.gateway import Gateway
from runs.core.interruption import Interruption, OutOfTime, Stopping
from runs.core.status import RunStatus
from runs.engine.run import carry_out
from runs.engine.session import Session
from runs.models import Run, Task
from runs.services import lease
from telemetry.models import Event
from telemetry.services.journal import Journal
from tests.fixtures.simulator import Simulator
from tests.integration.engine.harness import assert_money_adds_up, given_run, resume

pytestmark = pytest.mark.django_db(transaction=True)
TASKS, PARALLEL = 10, 3
PATIENCE_SECONDS = 60


class Worker:
    """Carries one run out, in the test's own event loop, where it can be interrupted."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._journal = Journal()
        self._gateway = Gateway(self._journal, random.Random(1))
        self._session: Session
        self._work: asyncio.Task[None]

    async def start(self) -> None:
        (one,) = await self._journal.call(lease.claim, "worker", 1, timezone.now(), 60.0)
        self._session = Session(one.run_id, one.epoch, self._journal, self._gateway)
        self._work = asyncio.create_task(carry_out(self._session))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the database will show, unless the work ends before."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self._work.done() and not await asyncio.to_thread(condition):
                await asyncio.sleep(0.02)

    async def interrupt(self, why: Interruption) -> None:
        """Stop before the next calls, and let the run be taken up again."""
        self._session.halt(why)
        await self._work
        if isinstance(why, Stopping):
            await self._journal.call(lease.release, "worker", [self.run.id])
        else:
            await asyncio.to_thread(resume, self.run)

    async def end(self) -> None:
        await self._work
        await self._gateway.close()
        await asyncio.to_thread(self._journal.close)


def asking(run: Run) -> set[str]:
    """Return the tasks with a call under way."""
    sent = Reservation.objects.filter(run_id=run.id, state="SENT")
    return set(sent.values_list("task_key", flat=True))


def most_at_once(run: Run) -> list[int]:
    """Return how many tasks were worked on at the same time at most, each time it was started."""
    going: set[str] = set()
    most: list[int] = []
    for event in Event.objects.filter(run_id=run.id).order_by("seq"):
        if event.type == "run.started":
            going.clear()
            most.append(0)
        elif event.type == "task.started":
            going.add(event.payload["task"])
        elif event.type == "task.finished":
            going.remove(event.payload["task"])
        most[-1] = max(most[-1], len(going))
    return most


@pytest.mark.parametrize("why", [Stopping(), OutOfTime("half way")], ids=["handed back", "ended"])
def test_what_is_left_of_a_run_overlaps_as_it_did_the_first_time(
    providers: Simulator, why: Interruption
) -> None:
    providers.fault("*", "skill:0.5")
    tasks = [{"key": f"t{n}"} for n in range(TASKS)]
    run = given_run(*tasks, max_parallel_tasks=PARALLEL, cache="never")
    worker = Worker(run)

    def all_ask() -> bool:
        return len(asking(run)) >= PARALLEL

    def well_under_way() -> bool:
        return Task.objects.filter(run=run, finished_at__isnull=False).count() >= PARALLEL

    async def twice() -> None:
        providers.pause()  # nobody gets an answer: calls that can be made at once pile up
        await worker.start()
        await worker.until(all_ask)
        providers.resume()
        await worker.until(well_under_way)
        await worker.interrupt(why)
        providers.pause()
        await worker.start()
        await worker.until(all_ask)
        asked.update(await asyncio.to_thread(asking, run))
        providers.resume()
        await worker.end()

    asked: set[str] = set()
    try:
        asyncio.run(twice())
    finally:
        providers.resume()

    ended = Run.objects.get(id=run.id)
    assert (ended.status, ended.tasks_done) == (RunStatus.SUCCESS, TASKS), ended.failure
    assert len(asked) == PARALLEL
    assert most_at_once(run) == [PARALLEL, PARALLEL]
    assert_money_adds_up(ended)
