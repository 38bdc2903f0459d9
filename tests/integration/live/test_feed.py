"""The list of events of everything a caller may see, and that sockets follow the same rule."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from budgets.core.access import Caller, Role, Scope
from budgets.services.access import authenticate_key, caller_of_user
from runs.core.feed import may_see
from runs.selectors import feed
from runs.selectors.feed import Stretch, feed_stretch
from telemetry.models import Event
from tests.integration.runs.api import Api, problem
from tests.world import World, make_event, make_key, make_run, make_user, make_world

pytestmark = pytest.mark.django_db
FEED = "/api/v1/events/"


@pytest.fixture
def world() -> World:
    cache.clear()
    return make_world()


def callers(world: World) -> dict[str, Caller]:
    found = {
        name: caller_of_user(getattr(world, name))
        for name in ("owner", "member", "auditor", "neighbour", "stranger")
    }
    found |= {f"org {role}": caller_of_user(make_user(world.org, role=role)) for role in Role}
    for scope in Scope:
        raw = make_key(world.team, scopes=[scope])
        found[f"key {scope}"] = authenticate_key(raw, timezone.now())
    return found | {"nobody": caller_of_user(make_user())}


def test_the_list_and_the_sockets_show_every_caller_the_same(world: World):
    places: list[dict[str, Any]] = [
        {"org_id": world.org.pk, "team_id": world.team.pk},
        {"org_id": world.org.pk, "team_id": world.sibling.pk},
        {"org_id": world.org.pk},
        {"org_id": world.other.org_id, "team_id": world.other.pk},
        {"org_id": world.other.org_id},
        {},
    ]
    kinds = ("run.started", "budget.alert", "breaker.changed")
    rows = [
        Event.objects.create(at=timezone.now(), type=kind, **place)
        for kind, place in product(kinds, places)
    ]

    for name, caller in callers(world).items():
        pushed = {row.seq for row in rows if may_see(caller, row.type, row.org_id, row.team_id)}
        for stretch in (Stretch(), Stretch(before=2**62)):
            assert {row.seq for row in feed_stretch(caller, stretch)} == pushed, name


def test_events_after_a_number_in_order_with_their_run(world: World):
    run = make_run(world.team)
    first, second, third = (make_event(run, "task.finished", task=f"t{n}") for n in range(3))
    make_event(make_run(world.sibling))
    make_event(make_run(world.other))

    found = Api(world.key).get(FEED, {"since": first.seq}).json()

    assert [row["seq"] for row in found["results"]] == [second.seq, third.seq]
    assert set(found["results"][0]) == {"seq", "at", "type", "payload", "run"}
    assert found["results"][0]["run"] == str(run.pk)
    assert found["next"] is None


@pytest.mark.parametrize(("at_once", "places"), [(250, 100), (4, 100), (250, 0)])
def test_pages_go_on_where_the_last_one_ended_both_ways(
    world: World, monkeypatch: pytest.MonkeyPatch, at_once: int, places: int
):
    monkeypatch.setattr(feed, "AT_ONCE", at_once)
    monkeypatch.setattr(feed, "MOST_PLACES", places)
    make_event(make_run(world.team))
    runs = [make_run(world.team), make_run(world.sibling)]
    numbers = [make_event(runs[n % 2]).seq for n in range(9)]
    make_event(make_run(world.other))
    api = Api()
    api.client.force_login(world.owner)
    pages = [api.get(f"{FEED}?page_size=2&since={numbers[0]}").json()]
    while pages[-1]["next"]:
        pages.append(api.get(pages[-1]["next"]).json())
    back = [pages[-1]]
    while back[-1]["previous"]:
        back.append(api.get(back[-1]["previous"]).json())

    assert [row["seq"] for page in pages for row in page["results"]] == numbers[1:]
    assert [row["seq"] for page in back[::-1] for row in page["results"]] == numbers[1:]


def test_a_browser_session_reads_it_too(world: World):
    api = Api()
    api.client.force_login(world.member)
    make_event(make_run(world.team))

    assert len(api.get(FEED).json()["results"]) == 1


def test_nobody_reads_it(world: World):
    problem(Api().get(FEED), 401, "unauthenticated")
    problem(Api("mlo_wrong").get(FEED), 401, "unauthenticated")


@pytest.mark.parametrize("since", ["x", "-1", str(2**63)])
def test_a_bad_number_is_refused(world: World, since: str):
    found = problem(Api(world.key).get(FEED, {"since": since}), 400, "malformed")
    assert "since" in found["errors"]


def test_queries_do_not_grow_with_events(world: World, django_assert_num_queries: Any):
    run = make_run(world.team)
    for _ in range(30):
        make_event(run)
    api = Api(world.key)
    api.get(FEED)

    with django_assert_num_queries(4):
        api.get(FEED)
