"""What a socket says, to whom, and when it is closed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from budgets.core.access import Role, Scope
from budgets.models import ApiKey, Membership
from runs.consumers import sockets as consumers
from runs.models import Run
from telemetry.models import Event
from telemetry.push import hub as hubs
from telemetry.push import mailbox
from tests.integration.live.sockets import (
    HOST,
    Socket,
    by_key,
    by_session,
    later,
    opened,
    play,
    session_of,
)
from tests.world import World, make_event, make_key, make_run, make_world

pytestmark = pytest.mark.django_db(transaction=True)
LIVE = "/ws/live/"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def run(world: World) -> Run:
    return make_run(world.team)


def path_of(run: Run) -> str:
    return f"/ws/runs/{run.pk}/"


def event(**fields: Any) -> Event:
    return Event.objects.create(**{"at": timezone.now(), "type": "run.started"} | fields)


def test_greeting_names_the_number_to_go_on_from_and_the_servers_time(world: World, run: Run):
    last = make_event(run)

    async def scene() -> dict[str, Any]:
        async with opened(by_key(LIVE, world.key)) as (hello,):
            return hello

    hello = play(scene)
    assert (hello["type"], hello["seq"]) == ("live.hello", last.seq)
    at = parse_datetime(hello["at"])
    assert at is not None
    assert abs(at - timezone.now()) < timedelta(seconds=20)


@pytest.mark.parametrize("pages", [False, True])
def test_events_come_in_order_each_once(world: World, run: Run, pages: bool):
    async def scene() -> list[dict[str, Any]]:
        one = by_key(path_of(run), world.key, pages=pages)
        found: list[dict[str, Any]] = []
        async with opened(one):
            await one.say('{"type":"ack","seq":0}')
            for number in range(7):
                await later(make_event, run, "task.finished", task=f"t{number}")
            while len(found) < 7:
                message = await one.next()
                found += message["events"] if pages else [message]
                await one.say(json.dumps({"type": "ack", "seq": message["seq"]}))
            assert await one.quiet()
        return found

    found = play(scene)
    assert [each["payload"]["task"] for each in found] == [f"t{n}" for n in range(7)]
    assert [each["seq"] for each in found] == sorted({each["seq"] for each in found})
    assert {each["type"] for each in found} == {"task.finished"}
    assert {each["run"] for each in found} == {str(run.pk)}


def test_a_run_socket_tells_of_its_run_alone(world: World, run: Run):
    other = make_run(world.team)

    async def scene() -> list[dict[str, Any]]:
        one = by_key(path_of(run), world.key)
        async with opened(one):
            await later(make_event, other)
            await later(event, type="breaker.changed")
            await later(make_event, run, "run.finished")
            return await one.take(1)

    assert [each["run"] for each in play(scene)] == [str(run.pk)]


def test_the_org_socket_tells_what_its_caller_may_see_and_no_more(world: World, run: Run):
    org, team, sibling = world.org.pk, world.team.pk, world.sibling.pk
    told: dict[str, dict[str, Any]] = {
        "mine": {"org_id": org, "team_id": team},
        "siblings": {"org_id": org, "team_id": sibling},
        "house": {"type": "breaker.changed"},
        "org money": {"org_id": org, "type": "budget.alert"},
        "team money": {"org_id": org, "team_id": team, "type": "budget.alert"},
        "strangers": {"org_id": world.other.org_id, "team_id": world.other.pk},
    }
    reading = world.reading_key
    usage = make_key(world.team, scopes=[Scope.USAGE_READ])
    expected = {
        "owner": {"mine", "siblings", "house", "org money", "team money"},
        "member": {"mine", "house", "team money"},
        "reading": {"mine", "house"},
        "usage": {"team money"},
        "stranger": {"house", "strangers"},
    }

    async def scene() -> dict[str, set[str]]:
        viewers = {
            "owner": await later(by_session, LIVE, world.owner),
            "member": await later(by_session, LIVE, world.member),
            "reading": by_key(LIVE, reading),
            "usage": by_key(LIVE, usage),
            "stranger": by_key(LIVE, world.stranger_key),
        }
        found = {}
        async with opened(*viewers.values()):
            for name, fields in told.items():
                await later(event, payload={"name": name}, **fields)
            for who, viewer in viewers.items():
                messages = await viewer.take(len(expected[who]))
                found[who] = {each["payload"]["name"] for each in messages}
            for viewer in viewers.values():
                assert await viewer.quiet()
        return found

    assert play(scene) == expected


def test_a_strangers_socket_is_closed_and_gets_nothing(world: World, run: Run):
    async def scene() -> list[int]:
        codes = []
        for socket in (
            by_key(path_of(run), world.stranger_key),
            by_key(path_of(run), world.sibling_key),
            await later(by_session, path_of(run), world.stranger),
            await later(by_session, path_of(run), world.neighbour),
            by_key(f"/ws/runs/{uuid4()}/", world.key),
            by_key("/ws/elsewhere/", world.key),
        ):
            assert await socket.open()
            codes.append(await socket.code())
        return codes

    assert play(scene) == [4404] * 6


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("authorization", "Bearer mlo_wrong")],
        [("authorization", "Bearer ")],
        [("cookie", "sessionid=nothing")],
        [("cookie", "sessionid=\x00;;=")],
    ],
)
def test_nobody_is_turned_away(world: World, run: Run, headers: list[tuple[str, str]]):
    async def scene() -> list[int]:
        codes = []
        for path in (LIVE, path_of(run)):
            socket = Socket(path, headers=[*headers, ("origin", f"http://{HOST}")])
            assert await socket.open()
            codes.append(await socket.code())
        return codes

    assert play(scene) == [4401, 4401]


def test_a_wrong_key_is_not_passed_over_for_a_session(world: World):
    async def scene() -> int:
        cookie = f"sessionid={await later(session_of, world.member)}"
        headers = [("cookie", cookie), ("authorization", "Bearer x"), ("origin", f"http://{HOST}")]
        socket = Socket(LIVE, headers=headers)
        assert await socket.open()
        return await socket.code()

    assert play(scene) == 4401


def test_a_key_may_come_as_a_subprotocol_which_is_not_sent_back(world: World):
    async def scene() -> list[str | None]:
        chosen = []
        for more in ([], ["batches.v1"]):
            socket = Socket(LIVE, subprotocols=[*more, "bearer", world.key])
            async with opened(socket) as (hello,):
                assert hello["type"] == "live.hello"
                chosen.append(socket.subprotocol)
        socket = Socket(LIVE, subprotocols=["bearer"])
        assert await socket.open()
        assert await socket.code() == 4401
        return chosen

    assert play(scene) == ["bearer", "batches.v1"]


@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        (f"http://{HOST}", True),
        ("http://127.0.0.1:9999", False),
        ("http://evil.example", False),
        ("null", False),
        (None, False),
    ],
)
def test_a_session_counts_only_from_a_page_of_this_house(
    world: World, origin: str | None, taken: bool
):
    async def scene() -> bool:
        socket = await later(by_session, LIVE, world.member, origin=origin)
        accepted: bool = await socket.open()
        await socket.leave()
        return accepted

    assert play(scene) is taken


def test_a_host_that_is_not_ours_is_no_origin(world: World):
    async def scene() -> bool:
        socket = Socket(LIVE, headers=[("origin", "http://rebound.example")])
        socket.wire.scope["headers"][0] = (b"host", b"rebound.example")
        return await socket.open()

    assert play(scene) is False


def revoke(world: World) -> None:
    ApiKey.objects.filter(team=world.team).update(revoked_at=timezone.now())


def expire(world: World) -> None:
    ApiKey.objects.filter(team=world.team).update(expires_at=timezone.now())


def narrow(world: World) -> None:
    ApiKey.objects.filter(team=world.team).update(scopes=["usage:read"])


def expel(world: World) -> None:
    Membership.objects.filter(user=world.member).delete()


def move(world: World) -> None:
    Membership.objects.filter(user=world.member).update(team=world.sibling)


def log_out(world: World) -> None:
    Session.objects.all().delete()


def disable(world: World) -> None:
    world.member.is_active = False
    world.member.save(update_fields=["is_active"])


def change_password(world: World) -> None:
    world.member.set_password("another one")
    world.member.save(update_fields=["password"])


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        (revoke, "key", 4401),
        (expire, "key", 4401),
        (narrow, "key", 4404),
        (expel, "session", 4404),
        (move, "session", 4404),
        (log_out, "session", 4401),
        (disable, "session", 4401),
        (change_password, "session", 4401),
    ],
)
def test_a_right_that_is_lost_ends_the_socket_before_the_next_event(
    world: World, run: Run, change: Any, kind: str, code: int
):
    async def scene() -> int:
        if kind == "key":
            socket = by_key(path_of(run), world.key)
        else:
            socket = await later(by_session, path_of(run), world.member)
        async with opened(socket):
            await later(make_event, run)
            await socket.next()
            await later(change, world)
            await later(make_event, run, secret="not yours any more")
            return await socket.code()

    assert play(scene) == code


def test_the_org_socket_follows_a_change_of_rights_both_ways(world: World, run: Run):
    other = make_run(world.sibling)

    async def scene() -> list[str]:
        socket = await later(by_session, LIVE, world.member)
        async with opened(socket):
            await later(make_event, other, name="before")
            assert await socket.quiet()
            await later(
                Membership.objects.create,
                user=world.member, org=world.org, team=world.sibling, role=Role.AUDITOR,
            )  # fmt: skip
            await later(make_event, other, name="while")
            assert (await socket.next())["payload"] == {"name": "while"}
            await later(Membership.objects.filter(team=world.sibling).delete)
            await later(make_event, other, name="after")
            await later(make_event, run, name="own")
            return [(await socket.next())["payload"]["name"]]

    assert play(scene) == ["own"]


def test_a_lost_right_ends_an_idle_socket_too(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hubs, "JUDGE_SECONDS", 0.2)

    async def scene() -> int:
        socket = by_key(path_of(run), world.key)
        async with opened(socket):
            await later(revoke, world)
            return await socket.code()

    assert play(scene) == 4401


def test_a_viewer_who_takes_nothing_has_a_bounded_buffer_and_is_told_where_to_read_on(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mailbox, "MAILBOX_SIZE", 10)

    async def scene() -> tuple[dict[str, Any], ...]:
        slow = by_key(path_of(run), world.key, pages=True)
        fast = by_key(path_of(run), world.key)
        async with opened(slow, fast):
            taken = []
            for number in range(40):
                await later(make_event, run, n=number)
                taken.append(await fast.next())
            assert [each["payload"]["n"] for each in taken] == list(range(40))
            first = await slow.next()  # fills the window; from here on all waits
            assert await slow.quiet()
            await slow.say('{"type":"ack","seq":1}')
            gap = await slow.next()
            await slow.say('{"type":"ack","seq":2}')
            await slow.say('{"type":"ack","seq":2}')
            await later(make_event, run, n=40)
            return first, gap, await slow.next()

    first, gap, after = play(scene)
    assert first["type"] == "live.events"
    assert gap == {"seq": first["seq"] + 39, "type": "live.gap", "since": first["seq"]}
    assert [each["payload"]["n"] for each in after["events"]] == [40]


def test_a_plain_viewer_that_misses_too_much_at_once_is_told(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mailbox, "MAILBOX_SIZE", 3)

    async def scene() -> dict[str, Any]:
        socket = by_key(path_of(run), world.key)
        async with opened(socket) as (hello,):
            await later(bulk, run, 5)
            gap = await socket.next()
            assert gap["since"] == hello["seq"]
            return gap

    gap = play(scene)
    assert gap["type"] == "live.gap"
    assert gap["seq"] == Event.objects.latest("seq").seq


def bulk(run: Run, number: int) -> None:
    rows = [
        Event(at=timezone.now(), org_id=run.org_id, team_id=run.team_id, run_id=run.pk,
              type="task.finished") for _ in range(number)
    ]  # fmt: skip
    Event.objects.bulk_create(rows)


def test_beats_come_while_nothing_happens(world: World, run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(consumers, "BEAT_SECONDS", 0.1)

    async def scene() -> list[str]:
        socket = by_key(LIVE, world.key)
        async with opened(socket):
            return [json.loads(await socket.wire.receive_from(5))["type"] for _ in range(3)]

    assert play(scene) == ["live.beat"] * 3


@pytest.mark.parametrize("text", ["{", "[]", "1", "x" * 2000, '"ack"'])
def test_what_cannot_be_read_closes_the_socket(world: World, text: str):
    async def scene() -> int:
        socket = by_key(LIVE, world.key)
        async with opened(socket):
            await socket.say(text)
            return await socket.code()

    assert play(scene) == 4400


@pytest.mark.parametrize("text", ["{}", '{"type":"ack"}', '{"type":["ack"],"seq":{}}'])
def test_what_means_nothing_is_passed_over(world: World, run: Run, text: str):
    async def scene() -> str:
        socket = by_key(LIVE, world.key)
        async with opened(socket):
            await socket.say(text)
            await later(make_event, run)
            return str((await socket.next())["type"])

    assert play(scene) == "task.finished"


def test_a_caller_has_a_bounded_number_of_sockets(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(consumers, "MOST_SOCKETS", 2)

    async def scene() -> int:
        keys = (world.key, world.key, world.sibling_key)
        async with opened(*(by_key(LIVE, key) for key in keys)):
            third = by_key(LIVE, world.key)
            assert await third.open()
            return await third.code()

    assert play(scene) == 4429
