"""From an event's commit to 100 viewers at 50 events a second, beside a bare echo.

The echo is a server that does nothing else, over as many sockets of the same kind, at the four
messages a second that a viewer gets from the hub.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import httpx
import psutil

from tests.benchmarks.submit import percentile
from tests.browser.site import ROOT, free_port
from tests.functional.stack import Stack, running_stack
from tests.functional.viewers import until, watching

VIEWERS = 100
EVENTS_A_SECOND = 50
SECONDS = 20
MESSAGES_A_SECOND = 4

WRITE = """
import time
from django.utils import timezone
from budgets.models import Team
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordEvent
from django.db import transaction
team, begun = Team.objects.get(slug="eng"), time.perf_counter()
for number in range({events}):
    time.sleep(max(0, begun + number / {rate} - time.perf_counter()))
    payload = {{"task": "t1", "model": "sim/gpt-6-luna", "sent": time.time()}}
    with transaction.atomic():
        apply_now(RecordEvent("call.finished", timezone.now(), team.org_id, team.pk, None, payload))
"""


def measure() -> list[dict[str, Any]]:
    """Return rows of the table: latency from before the commit, and the web process's CPU."""
    echo, echo_cpu = echoed()
    pushed, cpu = pushed_to_viewers()
    what = f"event -> {VIEWERS} viewers at {EVENTS_A_SECOND} a second"
    return [
        row(f"{what}: p50 ms", percentile(pushed, 50), percentile(echo, 50), "p95 < 500"),
        row(f"{what}: p95 ms", percentile(pushed, 95), percentile(echo, 95), "value < 500"),
        row(f"{what}: % of a core", cpu, echo_cpu, ""),
    ]


def row(what: str, value: float, reference: float, bar: str) -> dict[str, Any]:
    ratio = value / reference if reference else None
    return {"what": what, "value": value, "reference": reference, "ratio": ratio, "bar": bar}


def pushed_to_viewers() -> tuple[list[float], float]:
    """Return milliseconds for each event and viewer, and the percent of a core it took."""
    with running_stack(workers=0) as stack:
        return asyncio.run(_push(stack))


async def _push(stack: Stack) -> tuple[list[float], float]:
    events = EVENTS_A_SECOND * SECONDS
    taken: list[float] = []
    url = f"ws://127.0.0.1:{stack.port}/ws/live/"
    assert stack.web is not None
    process = psutil.Process(stack.web.pid)

    def listen(event: dict[str, Any]) -> None:
        taken.append(1000 * (time.time() - event["payload"]["sent"]))

    async with watching(url, stack.key, *[0.0] * VIEWERS, listener=listen):
        code = WRITE.format(events=events, rate=EVENTS_A_SECOND)
        writing = asyncio.create_task(asyncio.to_thread(stack.manage, "shell", "-c", code))
        await until(lambda: bool(taken), 60)
        cpu, wall = cpu_seconds(process), time.perf_counter()
        await writing
        cpu, wall = cpu_seconds(process) - cpu, time.perf_counter() - wall
        await until(lambda: len(taken) == events * VIEWERS)
    return taken, 100 * cpu / wall


def echoed() -> tuple[list[float], float]:
    """Return milliseconds for each message there and back, and the percent of a core it took."""
    with echo_server() as (port, process):
        return asyncio.run(_echo(port, process))


async def _echo(port: int, process: psutil.Process) -> tuple[list[float], float]:
    taken: list[float] = []

    async def ask(session: aiohttp.ClientSession, number: int) -> None:
        async with session.ws_connect(f"ws://127.0.0.1:{port}/") as socket:
            await asyncio.sleep(number / VIEWERS / MESSAGES_A_SECOND)
            for _ in range(SECONDS * MESSAGES_A_SECOND // 2):
                sent = time.perf_counter()
                await socket.send_str("x" * 2000)
                await socket.receive_str()
                taken.append(1000 * (time.perf_counter() - sent))
                await asyncio.sleep(max(0, sent + 1 / MESSAGES_A_SECOND - time.perf_counter()))

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        cpu, wall = cpu_seconds(process), time.perf_counter()
        await asyncio.gather(*(ask(session, number) for number in range(VIEWERS)))
        cpu, wall = cpu_seconds(process) - cpu, time.perf_counter() - wall
    return taken, 100 * cpu / wall


@contextmanager
def echo_server() -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        [*command, "tests.benchmarks.echo_app:application"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            try:
                httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=10)


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
