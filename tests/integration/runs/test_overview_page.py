"""Overview and Costs: what they say, to whom, at what price, and whatever stands in the address."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from budgets.models import Budget, BudgetPeriod, Org, User
from telemetry.models import Series
from tests.integration.runs.usage import KIMI, LUNA, ago, make_history, of
from tests.integration.telemetry.facts import call, record, score
from tests.world import World, make_event, make_run

pytestmark = pytest.mark.django_db
PAGES = ("overview", "costs")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(world: World, name: str, query: str = "", user: User | None = None) -> str:
    answer = client_of(user or world.owner).get(f"{reverse(name)}?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def figure_of(text: str) -> Any:
    found = re.search(r'data-figure="([^"]*)"', text)
    assert found
    return json.loads(html.unescape(found[1]))


@pytest.mark.parametrize("name", [*PAGES, "costs-export"])
def test_pages_ask_a_stranger_to_log_in(name: str):
    assert Client().get(reverse(name)).status_code == 302


def test_the_root_leads_to_the_overview(world: World):
    assert client_of(world.owner).get("/").headers["Location"] == reverse("overview")


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_page_says_what_will_be_here(world: World, name: str):
    text = page_of(world, name)
    assert 'class="empty"' in text
    assert "data-figure" not in text


def test_what_nobody_can_explore_is_said_and_the_default_shown(world: World):
    make_history(world)
    text = page_of(world, "costs", "metric=beauty&group=moon&top=7")
    for note in ("metric: there is no 'beauty'.", "group: there is no 'moon'.",
                 "top: there is no '7'."):  # fmt: skip
        assert note in html.unescape(text)
    assert "Cost over time, by model" in text


@pytest.mark.parametrize("name", PAGES)
def test_a_member_sees_the_own_team_and_another_organisation_nothing(world: World, name: str):
    make_history(world)
    assert "$2.00" in page_of(world, name, user=world.member)
    assert "$2.00" not in page_of(world, name, user=world.stranger)


def test_the_whole_is_what_calls_and_scores_add_up_to(world: World):
    make_history(world)
    text = page_of(world, "overview")
    assert "1 calls of unknown price" in text
    assert "0.80" in text
    assert "n 1" in text


def test_a_bucket_without_calls_is_a_gap_and_the_last_is_unfinished(world: World):
    record(of(world.team, call(at=ago(hours=1))), of(world.team, call(at=ago(days=3))))
    (trace, *_) = figure_of(page_of(world, "costs", "range=7d"))["data"]
    assert None in trace["y"]
    assert 0 not in trace["y"]
    assert trace["marker"]["pattern"]["shape"][-1] == "/"
    assert trace["marker"]["pattern"]["shape"][0] == ""


def test_hours_are_drawn_for_a_day_and_days_for_a_month(world: World):
    make_history(world)
    hours = figure_of(page_of(world, "costs", "range=24h"))["data"][0]["x"]
    days = figure_of(page_of(world, "costs", "range=30d"))["data"][0]["x"]
    assert hours[0].endswith(":00:00Z")
    assert len(days[0]) == len("2026-11-26")


def test_the_breakdown_sets_groups_beside_the_time_before(world: World):
    record(
        of(world.team, call(at=ago(hours=1), cost_nanousd=3_000_000_000)),
        of(world.team, call(at=ago(days=8), cost_nanousd=2_000_000_000)),
    )
    text = page_of(world, "costs", "group=team&sub=model")
    assert "$3.00" in text
    assert "$2.00" in text
    assert "+50 %" in text
    assert 'class="part"' in text


def test_the_chart_is_also_a_table(world: World):
    make_history(world)
    text = page_of(world, "costs", "shape=table")
    assert "data-figure" not in text
    assert "not over yet" in text
    assert LUNA in text
    assert KIMI in text
    assert '<th scope="col" class="num">The time before</th>' in text
    assert "The same time before" not in text, "there is no line of it to be explained"


def test_names_of_teams_are_never_markup(world: World):
    world.team.slug = "<b>eng"
    world.team.name = "<script>alert(1)</script>"
    world.team.save()
    make_history(world)
    for name in PAGES:
        text = page_of(world, name, "group=team&by=team")
        assert "<script>alert" not in text
        assert "<b>eng" not in text


def test_endings_count_runs_and_lead_to_them(world: World):
    make_run(world.team, status="SUCCESS")
    make_run(world.team, status="TIMEOUT")
    make_run(world.team, status="BUDGET_EXHAUSTED")
    text = page_of(world, "overview")
    assert re.search(r"<b>1</b> failed", text)
    assert re.search(r"<b>1</b> blocked", text)
    assert "status=SYSTEM_FAILURE&amp;status=TIMEOUT" in text


def test_a_budget_that_will_run_out_says_when(world: World):
    Budget.objects.filter(org=world.org).delete()
    budget = Budget.objects.create(
        org=world.org, team=world.team, period="total", limit_nanousd=20_000_000_000
    )
    BudgetPeriod.objects.create(
        budget=budget,
        starts_at=budget.created_at,
        limit_nanousd=20_000_000_000,
        spent_nanousd=10_000_000_000,
    )
    for days in range(1, 6):  # each within whole days of now, whatever time of the day it is
        at = ago(hours=24 * days - 1)
        record(of(world.team, call(at=at, cost_nanousd=2_000_000_000)))
    text = page_of(world, "overview")
    last = timezone.now() + timedelta(days=5)
    assert f"on {last:%-d %B}" in text
    assert "budget runs out" in text


def test_a_budget_of_two_days_has_too_little_history_for_a_date(world: World):
    Budget.objects.filter(org=world.org).delete()
    Budget.objects.create(
        org=world.org, team=world.team, period="month", limit_nanousd=20_000_000_000
    )
    for days in (1, 2):
        record(of(world.team, call(at=ago(days=days), cost_nanousd=2_000_000_000)))
    text = page_of(world, "overview")
    assert "Not enough history" in text
    assert "Runs out" not in text


def test_a_model_that_got_worse_needs_attention(world: World):
    for days, value in ((9, 0.9), (1, 0.5)):
        record(
            *(of(world.team, score(at=ago(days=days), score=value + n % 3 / 50)) for n in range(15))
        )
    assert f"{LUNA} got worse at" in page_of(world, "overview")


def test_made_up_history_is_said_to_be_so_where_it_is(world: World):
    make_history(world)
    assert "is made up" not in page_of(world, "overview")
    Series.objects.filter(team_id=world.sibling.pk).update(demo=True)
    assert "is made up" in page_of(world, "overview")
    assert "is made up" not in page_of(world, "overview", user=world.member)


def test_an_export_states_its_rows_first_and_json_holds_so_many(world: World):
    make_history(world)
    client = client_of(world.owner)
    text = client.get(f"{reverse('costs-export')}?range=30d&group=model").content.decode()
    answer = client.get(f"{reverse('costs-export')}?range=30d&group=model&format=json")
    written = json.loads(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert written["rows"] == len(written["results"]) == int(answer.headers["X-Row-Count"])
    assert f"{written['rows']} rows" in text
    assert {row["cost_usd"] for row in written["results"]} == {"2.0000005", "0.000001"}


def test_the_files_of_an_export_have_as_many_rows_as_it_says(world: World):
    make_history(world)
    client = client_of(world.owner)
    query = "range=30d&group=model&sub=team&outcome=ok"
    text = client.get(f"{reverse('costs-export')}?{query}").content.decode()
    links = re.findall(r'href="(/api/[^"]+)".*?(\d+) row', text, re.DOTALL)
    assert len(links) == 2
    for link, rows in links:
        answer = client.get(html.unescape(link))
        assert answer.status_code == 200
        assert answer.headers["X-Row-Count"] == rows


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("query", ["range=30d", "range=24h"])
def test_queries_do_not_grow_with_rows(world: World, name: str, query: str):
    client = client_of(world.owner)
    make_history(world)
    Budget.objects.get_or_create(
        org=world.org, team=world.team, defaults={"period": "month", "limit_nanousd": 10**9}
    )

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{reverse(name)}?{query}").status_code == 200
        return len(queries)

    asked()
    few = asked()
    org = Org.objects.get(pk=world.org.pk)
    for number in range(12):
        team = org.teams.create(name=f"Team {number}", slug=f"team-{number}")
        Budget.objects.create(org=org, team=team, period="month", limit_nanousd=10**9)
        record(
            *(
                of(team, call(at=ago(hours=hours), model=f"sim/m{number}-{hours}"))
                for hours in range(1, 6)
            ),
            of(team, score(at=ago(hours=1), model=f"sim/m{number}-1")),
        )
    assert asked() == few
    assert few <= 36


@pytest.mark.parametrize("name", PAGES)
def test_a_part_that_has_been_seen_is_not_sent_again(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    client = client_of(world.member)
    make_event(make_run(world.team))
    text = client.get(f"{reverse(name)}?range=30d").content.decode()
    (url,) = re.findall(r'hx-get="([^"]+seen=[^"]+)"', text)

    def status() -> int:
        return client.get(html.unescape(url), headers={"HX-Request": "true"}).status_code

    assert status() == 204
    make_event(make_run(world.sibling))
    assert status() == 204, "what others do is none of it"
    make_event(make_run(world.team))
    assert status() == 200
    assert client.get(html.unescape(url)).status_code == 200, "a whole page is always sent"
