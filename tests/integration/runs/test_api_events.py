"""The events of a run: as a list, and as a stream that follows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.utils import timezone

from budgets.models import ApiKey
from budgets.services.access import authenticate_key
from runs.api import events
from runs.api.events import Place, follow
from runs.core.status import RunStatus
from runs.models import Run
from tests.integration.runs.api import RUNS, Api, problem
from tests.world import World, make_event, make_run, make_world

# A stream reads on connections of its own: what it is to see must be committed.
pytestmark = pytest.mark.django_db(transaction=True)
STREAM = "text/event-stream"


def test_events_after_a_number_in_order(api: Api, world: World):
    run = make_run(world.team)
    first, second, third = (make_event(run, "task.finished", task=f"t{n}") for n in range(3))
    make_event(make_run(world.team))

    everything = api.get(f"{RUNS}{run.pk}/events/").json()["results"]
    rest = api.get(f"{RUNS}{run.pk}/events/", {"since": first.seq}).json()["results"]

    assert [event["seq"] for event in everything] == [first.seq, second.seq, third.seq]
    assert rest == everything[1:]
    assert rest[0]["type"] == "task.finished"
    assert rest[0]["payload"] == {"task": "t1"}


@pytest.mark.parametrize("since", ["x", "-1", "1.5", str(2**63), "9" * 400, "٣x"])
def test_bad_number_is_refused(api: Api, world: World, since: str):
    run = make_run(world.team)

    assert (
        "since"
        in problem(api.get(f"{RUNS}{run.pk}/events/", {"since": since}), 400, "malformed")["errors"]
    )


def test_stream_sends_what_is_there_and_ends_with_the_run(api: Api, world: World):
    run = make_run(world.team, status=RunStatus.SUCCESS)
    kinds = ["run.queued", "task.finished", "run.finished"]
    numbers = [make_event(run, kind, note="ä").seq for kind in kinds]

    response = api.get(f"{RUNS}{run.pk}/events/", Accept=STREAM)

    frames = parse(b"".join(consume(response)).decode())
    assert response.headers["Content-Type"] == STREAM
    assert response.headers["Cache-Control"] == "no-store"
    assert [frame["id"] for frame in frames] == numbers
    assert [frame["data"]["type"] for frame in frames] == kinds
    assert frames[0]["data"]["payload"] == {"note": "ä"}


@pytest.mark.parametrize("how", ["header", "query"])
def test_stream_goes_on_after_the_last_one_seen(api: Api, world: World, how: str):
    run = make_run(world.team, status=RunStatus.SUCCESS)
    numbers = [make_event(run).seq for _ in range(3)]
    query = {"since": numbers[0]} if how == "query" else {}
    headers = {"Last-Event-ID": str(numbers[0])} if how == "header" else {}

    response = api.get(f"{RUNS}{run.pk}/events/", query, **{"Accept": STREAM} | headers)

    assert [frame["id"] for frame in parse(b"".join(consume(response)).decode())] == numbers[1:]


@pytest.mark.parametrize("last", ["x", "-1", "²", "9" * 30])
def test_bad_last_event_id_starts_over(api: Api, world: World, last: str):
    run = make_run(world.team, status=RunStatus.SUCCESS)
    seq = make_event(run).seq

    response = api.get(f"{RUNS}{run.pk}/events/", Accept=STREAM, **{"Last-Event-ID": last})

    assert [frame["id"] for frame in parse(b"".join(consume(response)).decode())] == [seq]


def test_stream_of_many_events_comes_in_parts(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(events, "READ_AT_ONCE", 3)
    run = make_run(world.team, status=RunStatus.SUCCESS)
    numbers = [make_event(run).seq for _ in range(7)]

    response = api.get(f"{RUNS}{run.pk}/events/", Accept=STREAM)

    assert [frame["id"] for frame in parse(b"".join(consume(response)).decode())] == numbers


def test_stream_follows_a_run_until_its_end():
    world = make_world()
    run = make_run(world.team, status=RunStatus.RUNNING)
    first = make_event(run, "run.started")

    async def scene() -> list[dict[str, Any]]:
        response: Any = await AsyncClient().get(
            f"{RUNS}{run.pk}/events/",
            headers={"Authorization": f"Bearer {world.key}", "Accept": STREAM},
        )
        body = aiter(response.streaming_content)
        frames = [await next_frame(body)]
        await later(make_event, run, "task.finished")
        frames.append(await next_frame(body))
        await later(end, run)
        frames.append(await next_frame(body))
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(body), 5)
        return frames

    frames = asyncio.run(scene())

    assert frames[0]["id"] == first.seq
    assert [frame["data"]["type"] for frame in frames] == [
        "run.started", "task.finished", "run.finished"
    ]  # fmt: skip


def test_stream_beats_while_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.1)
    world = make_world()
    run = make_run(world.team, status=RunStatus.RUNNING)

    async def scene() -> list[str]:
        caller = await sync_to_async(authenticate_key)(world.key, timezone.now())
        async with aclosing(follow(caller, run.pk, 0)) as stream:
            return [await asyncio.wait_for(anext(stream), 5) for _ in range(3)]

    assert asyncio.run(scene()) == [": still here\n\n"] * 3


@pytest.mark.parametrize("change", ["revoked_at", "expires_at"])
def test_stream_ends_when_its_key_is_over(monkeypatch: pytest.MonkeyPatch, change: str):
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.1)
    world = make_world()
    run = make_run(world.team, status=RunStatus.RUNNING)

    async def scene() -> int:
        caller = await sync_to_async(authenticate_key)(world.key, timezone.now())
        past = timezone.now() - timedelta(seconds=1)
        await sync_to_async(ApiKey.objects.filter(team=world.team).update)(**{change: past})
        return len([frame async for frame in follow(caller, run.pk, 0)])

    assert asyncio.run(asyncio.wait_for(scene(), 10)) == 1


def test_event_that_becomes_visible_late_is_sent_once():
    place = Place(0)
    rows = [{"seq": 1}, {"seq": 3}]

    assert place.fresh(rows, 0.0) == rows
    assert place.floor == 0
    assert place.fresh([{"seq": 1}, {"seq": 2}, {"seq": 3}], 1.0) == [{"seq": 2}]
    assert place.fresh([{"seq": 1}, {"seq": 2}, {"seq": 3}], 5.5) == []
    assert place.floor == 3
    assert place.fresh([{"seq": 4}], 9.0) == [{"seq": 4}]


def end(run: Run) -> None:
    make_event(run, "run.finished")
    Run.objects.filter(pk=run.pk).update(status=RunStatus.SUCCESS)


async def later(function: Callable[..., Any], *arguments: Any) -> None:
    await asyncio.sleep(0.3)
    await sync_to_async(function)(*arguments)


async def next_frame(body: AsyncIterator[bytes]) -> dict[str, Any]:
    (frame,) = parse((await asyncio.wait_for(anext(body), 5)).decode())
    return frame


def consume(response: Any) -> list[bytes]:
    """Read a stream that ends, in an event loop of its own."""

    async def read() -> list[bytes]:
        return [part async for part in response.streaming_content]

    return asyncio.run(asyncio.wait_for(read(), 20))


def parse(text: str) -> list[dict[str, Any]]:
    frames = [frame for frame in text.split("\n\n") if frame]
    lines = [dict(line.split(": ", 1) for line in frame.split("\n")) for frame in frames]
    return [{"id": int(each["id"]), "data": json.loads(each["data"])} for each in lines]
