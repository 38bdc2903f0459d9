"""The hub: writers that race, a database that goes away, and ending when nobody watches."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from runs.models import Run
from runs.push import hub, judge
from telemetry.models import Event
from telemetry.push import Hub, News, Sight
from telemetry.push import hub as hubs
from tests.integration.live.sockets import by_key, later, opened, play
from tests.world import World, make_event, make_run, make_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def run(world: World) -> Run:
    return make_run(world.team)


def everything(viewers: Collection[str]) -> Mapping[str, Sight | None]:
    return dict.fromkeys(viewers, lambda news: news)


def write(run: Run, name: str, number: int, *, lag: float = 0.0) -> None:
    """Write events in transactions of their own; with a lag each commits long after its number."""
    try:
        for count in range(number):
            with transaction.atomic():
                make_event(run, "task.finished", name=name, n=count)
                time.sleep(lag)
    finally:
        connection.close()


def test_two_writers_lose_nothing_double_nothing_and_keep_their_order(world: World, run: Run):
    writers = [
        threading.Thread(target=write, args=(run, "quick", 60)),
        threading.Thread(target=write, args=(run, "slow", 8), kwargs={"lag": 0.3}),
    ]

    async def scene() -> list[dict[str, Any]]:
        socket = by_key(f"/ws/runs/{run.pk}/", world.key)
        async with opened(socket):
            for writer in writers:
                writer.start()
            found = [await socket.next() for _ in range(68)]
            assert await socket.quiet()
        return found

    found = play(scene)
    for writer in writers:
        writer.join()
    seqs = [each["seq"] for each in found]
    assert sorted(seqs) == sorted(Event.objects.values_list("seq", flat=True))
    for name, number in (("quick", 60), ("slow", 8)):
        told = [each["payload"]["n"] for each in found if each["payload"]["name"] == name]
        assert told == list(range(number))


def test_a_number_that_was_rolled_back_keeps_nothing_up(world: World, run: Run):
    def roll_back() -> None:
        with transaction.atomic():
            make_event(run)
            transaction.set_rollback(True)

    async def scene() -> list[str]:
        socket = by_key(f"/ws/runs/{run.pk}/", world.key)
        async with opened(socket):
            await later(roll_back)
            await later(make_event, run, "run.started")
            await later(make_event, run, "run.finished")
            return [each["type"] for each in await socket.take(2)]

    assert play(scene) == ["run.started", "run.finished"]


def test_the_hub_ends_when_nobody_watches_and_begins_anew(run: Run):
    async def scene() -> list[list[News]]:
        mine: Hub[str] = Hub(everything)
        found = []
        for _ in range(2):
            box = await mine.watch("ada")
            assert mine.viewers() == ["ada"]
            await later(make_event, run)
            await asyncio.wait_for(box.bell.wait(), 5)
            found.append(list(box.take().news))
            mine.leave(box)
            assert mine._task is not None
            await asyncio.wait_for(mine._task, 5)
            await later(make_event, run)  # while nobody watches
        return found

    first, second = play(scene)
    assert [len(first), len(second)] == [1, 1]
    assert second[0].seq == first[0].seq + 2


@pytest.mark.parametrize("broken", ["_after", "judge"])
def test_what_happens_while_the_database_is_away_is_told_when_it_is_back(
    run: Run, monkeypatch: pytest.MonkeyPatch, broken: str
):
    away = threading.Event()
    after = hubs._after

    def fails(*arguments: Any) -> Any:
        if away.is_set():
            raise DatabaseError("gone")
        return after(*arguments) if broken == "_after" else everything(*arguments)

    if broken == "_after":
        monkeypatch.setattr(hubs, "_after", fails)

    async def scene() -> list[News]:
        mine: Hub[str] = Hub(fails if broken == "judge" else everything)
        box = await mine.watch("ada")
        away.set()
        for _ in range(3):
            await later(make_event, run)
            await asyncio.sleep(0.3)
        assert not box
        away.clear()
        await asyncio.wait_for(box.bell.wait(), 5)
        mine.leave(box)
        return list(box.take().news)

    assert len(play(scene)) == 3


def test_a_burst_larger_than_one_look_is_told_whole(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hubs, "READ_AT_ONCE", 10)

    def burst() -> None:
        rows = [Event(at=timezone.now(), run_id=run.pk, type=f"t{n}") for n in range(45)]
        Event.objects.bulk_create(rows)

    async def scene() -> list[str]:
        mine: Hub[str] = Hub(everything)
        box = await mine.watch("ada")
        await later(burst)
        found: list[str] = []
        while len(found) < 45:
            await asyncio.wait_for(box.bell.wait(), 5)
            box.bell.clear()
            if box:
                found += [each.type for each in box.take().news]
        mine.leave(box)
        return found

    assert play(scene) == [f"t{n}" for n in range(45)]


def test_a_look_costs_the_same_queries_however_many_watch(
    world: World, django_assert_num_queries: Any
):
    from runs.push import Viewer
    from tests.integration.live.sockets import session_of
    from tests.world import make_key, make_user

    people = [make_user(team=world.team) for _ in range(6)]
    make_key(world.team)
    from budgets.models import ApiKey

    viewers = {Viewer(user.pk, None, session_of(user)) for user in people}
    viewers |= {Viewer(None, key.pk, None) for key in ApiKey.objects.all()}
    with django_assert_num_queries(6):
        sights = judge(viewers)
    assert all(sights[viewer] is not None for viewer in viewers)


def test_a_process_has_one_hub_for_sockets_and_streams(world: World, run: Run):
    async def scene() -> bool:
        bell = asyncio.Event()
        async with opened(by_key("/ws/live/", world.key)):
            with hub().ringing(run.pk, bell):
                await later(make_event, run)
                await asyncio.wait_for(bell.wait(), 5)
            return hub()._task is not None and len(hub().viewers()) == 1

    assert play(scene)


def test_whoever_joins_while_things_happen_gets_exactly_what_follows_the_greeting(run: Run):
    def slowly(viewers: Collection[str]) -> Mapping[str, Sight | None]:
        time.sleep(0.03)  # so that most join while a look is under way
        return everything(viewers)

    async def scene() -> list[tuple[int, list[int]]]:
        mine: Hub[str] = Hub(slowly)
        writing = asyncio.create_task(asyncio.to_thread(write, run, "quick", 150))
        joined = []
        for number in range(60):
            box = await mine.watch(f"viewer {number}")
            joined.append((box.head, box))
            await asyncio.sleep(0.007)
        await writing
        await asyncio.sleep(1)
        for _, box in joined:
            mine.leave(box)
        return [(head, [n.seq for n in box.take().news] if box else []) for head, box in joined]

    found = play(scene)
    rows = sorted(Event.objects.values_list("seq", flat=True))
    for head, told in found:
        assert told == [seq for seq in rows if seq > head]
    assert any(told for _, told in found)
