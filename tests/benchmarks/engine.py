"""The engine's calls per second and processor time a call, beside bare litellm's.

Both ask the same simulator, which answers in 50 ms, with 64 requests in flight, from one process.
The engine's figures hold everything: choice, reservation, call, settlement, journal, database.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

from django.utils import timezone

from routing import conf
from routing.core.catalog import ModelSpec, ProviderSpec
from routing.selectors import snapshot
from runs.core.given_plan import given_plan
from runs.engine.carrier import Carrier
from runs.models import Run
from runs.services.progress import SavePlan
from telemetry.models import Call
from telemetry.services.journal import apply_now
from tests.integration.engine.world import make_run

IN_FLIGHT = 64
CALLS = 768
RUNS = 128
TASKS_A_RUN = 4
ROUNDS = 2


def measure() -> list[dict[str, Any]]:
    """Return rows of the table: medians over rounds that take turns."""
    bare_round(IN_FLIGHT)  # connections, caches and imports are warm from here on
    engine_round(IN_FLIGHT)
    bare, engine = [], []
    for _ in range(ROUNDS):
        bare.append(bare_round(CALLS))
        engine.append(engine_round(RUNS))
    bare_rate, bare_cpu = (statistics.median(column) for column in zip(*bare, strict=True))
    rate, cpu = (statistics.median(column) for column in zip(*engine, strict=True))
    return [
        row("engine: calls a second, 64 in flight", rate, bare_rate, rate / bare_rate, ">= 0.5"),
        row("engine: CPU ms a call", cpu, bare_cpu, cpu / bare_cpu, "<= 2"),
        row("engine: runs in flight in one process", IN_FLIGHT, None, None, ">= 64"),
    ]


def row(
    what: str, value: float, reference: float | None, ratio: float | None, bar: str
) -> dict[str, Any]:
    return {"what": what, "value": value, "reference": reference, "ratio": ratio, "bar": bar}


def bare_round(calls: int) -> tuple[float, float]:
    """Ask litellm directly, the same models in turn."""
    import litellm

    models = reachable()

    async def ask(number: int, gate: asyncio.Semaphore) -> None:
        spec, provider = models[number % len(models)]
        async with gate:
            await litellm.acompletion(
                model=spec.litellm_name,
                messages=[{"role": "user", "content": f"Summarise story {number}. " + "x" * 600}],
                api_key=conf.api_key(provider),
                api_base=conf.api_base(provider),
                max_tokens=1024,
                num_retries=0,
            )

    async def all_of_them() -> None:
        gate = asyncio.Semaphore(IN_FLIGHT)
        await asyncio.gather(*(ask(number, gate) for number in range(calls)))

    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(all_of_them())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return calls / wall, 1000 * cpu / calls


def reachable() -> list[tuple[ModelSpec, ProviderSpec]]:
    known = snapshot(0, timezone.now())
    return [(spec, known.provider_of(spec.name)) for spec in known.models.values()]


def engine_round(count: int) -> tuple[float, float]:
    """Carry out so many runs, each of some tasks one after the other."""
    runs = [waiting_run(number) for number in range(count)]
    before = Call.objects.count()
    wall, cpu = time.perf_counter(), time.process_time()
    carrier = Carrier(IN_FLIGHT, lease_seconds=60)
    carrier.quiet.wait(300)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    carrier.stop()
    made = Call.objects.count() - before
    if left := Run.objects.filter(id__in=[run.id for run in runs], finished_at=None).count():
        raise RuntimeError(f"{left} runs did not end")
    return made / wall, 1000 * cpu / made


def waiting_run(number: int) -> Run:
    run = make_run(created_at=timezone.now(), cache="never", max_parallel_tasks=1)
    tasks = [
        {
            "key": f"t{place}",
            "type": "summarization",
            "prompt": f"Summarise chapter {place} of story {number}. " + "x" * 600,
            "acceptance_threshold": 0.01,
        }
        for place in range(TASKS_A_RUN)
    ]
    apply_now(SavePlan(run.id, "given", given_plan(tasks)))
    return run
