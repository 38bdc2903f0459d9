"""Whatever stands in an address: a clear message, never a fault, and never an endless chart."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from budgets.models import User
from runs.core.window import MAX_BUCKETS
from tests.integration.runs.api import Api, problem
from tests.integration.runs.every_address import OFFICE, addresses, filled, make_house
from tests.integration.runs.usage import make_history
from tests.world import World, make_run

pytestmark = pytest.mark.django_db

LONG = "x" * 65_536
# What is wrong with a filter, and a word of what a person is told of it.
FILTERS = {
    "range=forever": "there is no 'forever'",
    "range=": "",
    "from=2026-11-20&to=2026-11-01": "must begin before it ends",
    "from=2016-01-01&to=2026-01-01": "at most 400 days",
    "from=0001-01-01&to=9999-12-31": "A year is between",
    "from=yesterday&to=%00": "'yesterday' is no date",
    "team=%00": "team: there is no",
    "model=a%0Ab": "model: there is no",
    "provider=%ff%fe": "Nothing is known of the provider",
    "task_type=%27%20OR%201=1%20--": "Nothing is known of the task type",
    "model=sim/gone": "Nothing is known of the model",
    f"model={LONG}": "model: there is no",
    "&".join(f"model=m{number}" for number in range(900)): "at most 50 values",
    f"other={LONG}": "",
    "=&&==&;": "",
}
PAGES = {
    "overview": ("by=moon", "shape=round"),
    "runs": ("before=x",),
    "quality": ("metric=beauty", "view=%00x"),
    "costs": ("metric=beauty", "group=moon", "sub=day", "top=-1", "shape=round"),
    "providers": (),
    "decisions": ("kind=x", "run=x", "version=x", "before=x"),
}
FILES = ("quality-csv", "costs-export")
OPERATIONS = {
    "/api/v1/usage/": (
        "group_by", "range", "from", "to", "team", "task_type", "model", "provider", "phase",
        "status", "format", "page_size",
    ),
    "/api/v1/runs/": (
        "status", "team", "label", "created_after", "created_before", "model", "task_type",
        "policy_outcome",
    ),
    "/api/v1/policy-decisions/": (
        "outcome", "kind", "policy", "version", "team", "model", "run", "actor", "from", "to",
    ),
    "/api/v1/policies/": ("scope", "team", "name", "enabled"),
    "/api/v1/recommendations/": ("state", "kind", "task_type", "team"),
    "/api/v1/events/": ("since",),
    "/api/v1/runs/{run}/events/": ("since",),
}  # fmt: skip
REVERSED = {
    "/api/v1/usage/": ("from", "to"),
    "/api/v1/runs/": ("created_after", "created_before"),
    "/api/v1/policy-decisions/": ("from", "to"),
}
MOST_QUERIES = 40
# Figures come from rollups alone, and lists are never counted through.
ENDLESS = re.compile(r'SUM\(.*FROM "telemetry_call"|COUNT\(\*\).*FROM "runs_run"', re.DOTALL)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def longest_chart(text: str) -> int:
    figures = [json.loads(html.unescape(one)) for one in re.findall(r'data-figure="([^"]*)"', text)]
    return max((len(trace["x"]) for figure in figures for trace in figure["data"]), default=0)


def faults(client: Client, page: str, query: str, said: str) -> list[str]:
    """Return what is wrong with a page under a filter that makes no sense."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"{reverse(page)}?{query}")
    text = html.unescape(answer.content.decode())
    # What a page has no use for is kept, and said to be unused.
    unused = "Nothing is known" in said and "not used here" in text
    checks = {
        f"answers {answer.status_code}": answer.status_code == 200,
        "says nothing": not said or said in text or unused,
        "complains of what is fine": bool(said) or 'class="note warn"' not in text,
        f"asks {len(queries)} times": len(queries) <= MOST_QUERIES,
        "counts or reads every row": not any(ENDLESS.search(one["sql"]) for one in queries),
        "has too many buckets": len(answer.context["bar"].window.buckets) <= MAX_BUCKETS,
        "draws too much": longest_chart(answer.content.decode()) <= MAX_BUCKETS,
    }
    return [name for name, holds in checks.items() if not holds]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_what_is_wrong_with_its_filter(world: World, page: str) -> None:
    make_history(world)
    client = client_of(world.owner)
    own = {query: f"{query.partition('=')[0]}: there is no" for query in PAGES[page]}
    if page == "decisions":
        own |= {"run=x": "named by its id", "version=x": "a whole number"}

    found = {query[:60]: faults(client, page, query, said)
             for query, said in (FILTERS | own).items()}  # fmt: skip

    assert {query: wrong for query, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("page", FILES)
def test_no_file_is_written_of_what_was_not_asked_for(world: World, page: str) -> None:
    make_history(world)
    client = client_of(world.owner)
    for query, said in FILTERS.items():
        answer = client.get(f"{reverse(page)}?{query}&format=json")
        refused = bool(said) and "Nothing is known" not in said
        assert answer.status_code == (400 if refused else 200), query[:60]
        if refused:
            assert said in answer.content.decode()


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_operation_refuses_nonsense_by_the_name_of_its_field(world: World, path: str) -> None:
    address, api = path.format(run=make_run(world.team).pk), Api(world.key)
    for field in OPERATIONS[path]:
        for value in ("a\0b", LONG):
            body = problem(api.get(address, {field: value}), 400, "malformed")
            assert field in str(body.get("errors", body["detail"])), (field, value[:5])
            assert len(json.dumps(body)) < 2_000, "what was sent is not all sent back"
    assert api.get(address, {"unheard_of": LONG}).status_code == 200


@pytest.mark.parametrize("path", REVERSED)
def test_an_operation_refuses_a_range_that_ends_before_it_begins(world: World, path: str) -> None:
    first, last = REVERSED[path]
    query = {first: "2026-11-20T00:00:00Z", last: "2026-11-10T00:00:00Z"}

    assert first in problem(Api(world.key).get(path, query), 400, "malformed")["errors"]


def test_ten_years_of_rows_come_a_page_at_a_time(world: World) -> None:
    for _ in range(3):
        make_run(world.team)
    query = {"created_after": "2016-01-01T00:00:00Z", "page_size": "2"}

    found = Api(world.key).get("/api/v1/runs/", query).json()

    assert len(found["results"]) == 2
    assert found["next"]


def test_no_address_of_the_house_fails_whatever_stands_behind_it() -> None:
    house = make_house()
    client = Client(raise_request_exception=False)
    client.force_login(house.people["owner"])
    names: dict[str, Any] = {"sign_in_id": 1, "view_id": 1} | dict(house.names)
    fields = (
        "range from to team task_type model provider status outcome policy_outcome before seen tab "
        "task place type kind org name version as replay next page_size cursor since label format"
    )
    query = "&".join(f"{field}=%00%ff%27%F0%9F%92%B8{'9' * 200}" for field in fields.split())

    failed = []
    for route in addresses():
        if route != OFFICE and client.get(f"{filled(route, names)}?{query}").status_code >= 500:
            failed.append(route)

    assert [route for route in failed if route != "/readyz"] == []  # no worker lives here
