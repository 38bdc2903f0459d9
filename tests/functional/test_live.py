"""The live feed of a real server: many viewers, slow and quick, and who may not watch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import httpx
import psutil
import pytest

from tests.functional.stack import Stack, running_stack
from tests.functional.viewers import until, watching

EVENTS = 400
WRITE = """
import time
from django.utils import timezone
from telemetry.models import Event
from budgets.models import Team
team = Team.objects.get(slug="eng")
for n in range({number}):
    Event.objects.create(at=timezone.now(), org_id=team.org_id, team_id=team.pk,
                         type="call.finished", payload={{"n": n, "text": "x" * 2000}})
    time.sleep({pause})
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(workers=0) as stack:
        yield stack


def address(stack: Stack, path: str) -> str:
    return f"ws://127.0.0.1:{stack.port}{path}"


async def write(stack: Stack, number: int, pause: float) -> None:
    code = WRITE.format(number=number, pause=pause)
    await asyncio.to_thread(stack.manage, "shell", "-c", code)


def test_slow_viewers_hold_nobody_up_and_quick_ones_miss_nothing(stack: Stack) -> None:
    """70 quick viewers, 20 slow ones, 10 that take nothing at all."""
    delays = [0.0] * 70 + [1.0] * 20 + [3600.0] * 10
    assert stack.web is not None
    process = psutil.Process(stack.web.pid)

    async def scene() -> None:
        async with watching(address(stack, "/ws/live/"), stack.key, *delays) as viewers:
            quick, slow, stuck = viewers[:70], viewers[70:90], viewers[90:]
            before = process.memory_info().rss
            writing = asyncio.create_task(write(stack, EVENTS, 0.01))
            await until(lambda: all(len(viewer.events) >= EVENTS for viewer in quick), 60)
            await writing
            for viewer in quick:
                assert [event["payload"]["n"] for event in viewer.events] == list(range(EVENTS))
                assert viewer.gaps == []
            for viewer in stuck:
                assert len(viewer.events) < EVENTS // 2
            # 30 viewers that lag by up to 800 kB each are kept to the latest of it.
            assert process.memory_info().rss - before < 40_000_000
            await until(lambda: all(read_all(viewer) for viewer in slow), 30)

    asyncio.run(scene())


def read_all(viewer: Any) -> bool:
    """Tell whether a viewer has every event, or was told from where to read on."""
    told = {event["seq"] for event in viewer.events}
    for gap in viewer.gaps:
        told |= set(range(gap["since"] + 1, gap["seq"] + 1))
    seqs = [event["seq"] for event in viewer.events]
    assert seqs == sorted(set(seqs))
    return len(told) >= EVENTS


def test_a_strangers_socket_gets_a_code_and_nothing_else(stack: Stack) -> None:
    run = stack.submit(project="Write a haiku")
    research = stack.manage("create_api_key", "research", "--scopes", "all").splitlines()[-1]

    async def scene() -> list[tuple[int | None, list[Any]]]:
        found = []
        async with aiohttp.ClientSession() as session:
            for path, key in (
                (f"/ws/runs/{run['id']}/", research),
                (f"/ws/runs/{run['id']}/", "mlo_wrong"),
                ("/ws/live/", ""),
                ("/ws/other/", stack.key),
            ):
                headers = {"Origin": stack.url} | (
                    {"Authorization": f"Bearer {key}"} if key else {}
                )
                async with session.ws_connect(address(stack, path), headers=headers) as socket:
                    got = [frame async for frame in socket]
                    found.append((socket.close_code, got))
        return found

    assert asyncio.run(scene()) == [(4404, []), (4401, []), (4401, []), (4404, [])]


def test_a_run_is_followed_from_its_start_to_its_end(stack: Stack) -> None:
    run = stack.submit(project="Write a limerick", resume="never")
    path = f"/ws/runs/{run['id']}/"

    async def scene() -> list[str]:
        async with watching(address(stack, path), stack.key, 0.0) as (viewer,):
            since = viewer.greeting["seq"]
            worker = stack.start_worker()
            done = lambda: any(e["type"] == "run.finished" for e in viewer.events)  # noqa: E731
            await until(done, 60)
            worker.terminate()
            listed = httpx.get(
                f"{stack.url}/api/v1/runs/{run['id']}/events/?page_size=200&since={since}",
                headers={"Authorization": f"Bearer {stack.key}"},
                trust_env=False,
            ).json()["results"]
            await until(lambda: len(viewer.events) >= len(listed))
            assert [e["seq"] for e in viewer.events] == [e["seq"] for e in listed]
            return [e["type"] for e in viewer.events]

    kinds = asyncio.run(scene())
    # A hub that had not read the submission yet when the socket was greeted sends it too.
    assert kinds[0] in {"run.queued", "run.started"}
    assert kinds.count("run.started") == 1
    assert kinds.count("run.finished") == 1
