"""Budgets over REST: reading, changing, forecasting, raising, and who may."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from budgets.core.access import Role, Scope
from budgets.models import Budget, BudgetChange, BudgetRaise
from tests.integration.budgets.spent import spend_at, spend_daily
from tests.integration.runs.api import Api, problem
from tests.world import DOLLAR, World, make_budget, make_hold, make_key, make_run, make_user

pytestmark = pytest.mark.django_db

BUDGETS = "/api/v1/budgets/"
TOMORROW = "2999-01-01T00:00:00Z"


@pytest.fixture
def budget(world: World) -> Budget:
    return make_budget(world.team)


def url(budget: Budget, what: str = "") -> str:
    return f"{BUDGETS}{budget.pk}/{what}"


def patch(api: Api, budget: Budget, **body: Any) -> Any:
    return api.client.patch(
        url(budget), json.dumps(body), content_type="application/json", headers=api.headers
    )


def soon(**more: Any) -> str:
    return (timezone.now() + timedelta(days=1, **more)).isoformat()


def lift(api: Api, budget: Budget, key: str = "", **changes: Any) -> Any:
    body = {"amount_usd": "5.00", "reason": "launch day", "expires_at": soon()}
    return api.post(url(budget, "raise/"), body | changes, key=key)


def test_a_budget_tells_limit_period_thresholds_spent_held_and_free(
    world: World, api: Api, budget: Budget
):
    make_run(world.team)
    seen = api.get(url(budget)).json()
    assert seen | {"period_starts_at": "", "period_ends_at": ""} == {
        "id": str(budget.pk), "scope": "team", "team": "eng", "org": world.org.slug,
        "period": "month", "period_starts_at": "", "period_ends_at": "",
        "limit_usd": "10.00", "raised_usd": "0.00", "spent_usd": "0.00", "held_usd": "2.00",
        "running_usd": "0.00", "free_usd": "8.00", "thresholds": [50, 80, 100],
        "forecast_thresholds": [50, 80, 100], "raises": [],
    }  # fmt: skip
    assert api.get(BUDGETS).json()["results"] == [seen]


def test_a_list_costs_the_same_queries_however_long(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
):
    make_budget(org=world.org)
    for team in (world.team, world.sibling):
        make_budget(team)
        make_hold(team, make_run(world.team, held=False).pk)
    client = Client()
    client.force_login(world.owner)
    with django_assert_max_num_queries(14):
        found = client.get(BUDGETS).json()["results"]
    assert [one["scope"] for one in found] == ["org", "team", "team"]
    assert found[0]["held_usd"] == "4.00"


def test_budgets_are_paged(world: World):
    for team in (world.team, world.sibling):
        make_budget(team)
    client = Client()
    client.force_login(world.owner)
    first = client.get(BUDGETS, {"page_size": 1}).json()
    assert len(first["results"]) == 1
    assert len(client.get(first["next"]).json()["results"]) == 1


def test_a_change_counts_at_once_and_is_written_down(world: World, api: Api, budget: Budget):
    answer = patch(api, budget, limit_usd="12.50", thresholds=[90, 60], reason="two more people")
    assert answer.status_code == 200
    assert (answer.json()["limit_usd"], answer.json()["thresholds"]) == ("12.50", [60, 90])
    row = BudgetChange.objects.get()
    assert (row.actor, row.reason) == ("key test", "two more people")
    assert row.after == {"limit_usd": "12.50", "thresholds": [60, 90]}


def test_a_limit_of_nothing_stops_a_team(api: Api, budget: Budget):
    assert patch(api, budget, limit_usd="0").json()["free_usd"] == "0.00"
    assert problem(api.submit(), 402, "budget-exceeded")["limit_usd"] == "0.00"


def test_a_limit_below_what_is_held_is_refused_with_what_to_do(
    world: World, api: Api, budget: Budget
):
    make_run(world.team)
    refused = problem(patch(api, budget, limit_usd="1.99"), 422, "invalid")
    assert "set at least 2.00, or cancel runs" in refused["errors"]["limit_usd"][0]
    assert not BudgetChange.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"reason": "nothing"}, "body"),
        ({"limit_usd": -1}, "limit_usd"),
        ({"limit_usd": "1e309"}, "limit_usd"),
        ({"limit_usd": 5}, "limit_usd"),
        ({"limit_usd": None}, "limit_usd"),
        ({"thresholds": [0]}, "thresholds.0"),
        ({"thresholds": "50"}, "thresholds"),
        ({"thresholds": [50.5]}, "thresholds.0"),
        ({"forecast_thresholds": [True]}, "forecast_thresholds.0"),
        ({"period": "week"}, "period"),
        ({"limit": "5.00"}, "limit"),
    ],
)
def test_what_no_budget_can_become_is_refused_by_field(
    api: Api, budget: Budget, body: dict[str, Any], field: str
):
    refused = problem(patch(api, budget, **body), 422, "invalid")
    assert field in refused["errors"]
    budget.refresh_from_db()
    assert (budget.limit_nanousd, budget.period) == (10 * DOLLAR, "month")


def test_a_raise_gives_room_at_once_once_a_key_and_says_until_when(
    world: World, api: Api, budget: Budget
):
    first = lift(api, budget, key="k")
    assert first.status_code == 201
    seen = first.json()
    assert (seen["limit_usd"], seen["raised_usd"], seen["free_usd"]) == ("15.00", "5.00", "15.00")
    (made,) = seen["raises"]
    assert (made["amount_usd"], made["reason"], made["created_by"]) == (
        "5.00",
        "launch day",
        "key test",
    )
    assert api.submit(budget_usd="14.00").status_code == 201
    assert BudgetRaise.objects.count() == 1


def test_a_raise_sent_twice_with_one_key_is_made_once(api: Api, budget: Budget):
    body = {"amount_usd": "5.00", "reason": "x", "expires_at": soon()}
    first = api.post(url(budget, "raise/"), body, key="k")
    again = api.post(url(budget, "raise/"), body, key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert BudgetRaise.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"reason": ""}, "reason", "Say why"),
        ({"reason": "  "}, "reason", "Say why"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at", "still to come"),
        ({"expires_at": TOMORROW}, "expires_at", "change the limit"),
        ({"expires_at": "tomorrow"}, "expires_at", ""),
        ({"amount_usd": "0"}, "amount_usd", ""),
        ({"amount_usd": "-5"}, "amount_usd", ""),
        ({"amount_usd": "1000000000"}, "amount_usd", "1,000,000,000"),
    ],
)
def test_a_raise_as_it_must_not_be_is_refused(
    api: Api, budget: Budget, changes: dict[str, Any], field: str, sentence: str
):
    refused = problem(lift(api, budget, **changes), 422, "invalid")
    assert sentence in refused["errors"][field][0]
    assert not BudgetRaise.objects.exists()


@pytest.mark.parametrize("missing", ["reason", "amount_usd", "expires_at"])
def test_a_raise_wants_all_three(api: Api, budget: Budget, missing: str):
    body = {"amount_usd": "5.00", "reason": "x", "expires_at": soon()}
    del body[missing]
    assert missing in problem(api.post(url(budget, "raise/"), body), 422, "invalid")["errors"]


def test_a_forecast_without_three_days_says_so(world: World, api: Api, budget: Budget):
    spend_daily(world.team, [DOLLAR, DOLLAR], now=timezone.now())
    seen = api.get(url(budget, "forecast/")).json()
    assert seen["status"] == "insufficient_history"
    assert seen["projected_usd"] is None
    assert seen["run_out_at"] is None
    assert seen["burn_usd_24h"] == "1.00"


def test_a_forecast_is_stale_when_nothing_ran_for_a_week(world: World, api: Api, budget: Budget):
    spend_at(world.team, DOLLAR, timezone.now() - timedelta(days=11))
    assert api.get(url(budget, "forecast/")).json()["status"] == "stale"


def test_a_forecast_tells_pace_projection_and_the_day_money_runs_out(
    world: World, api: Api, budget: Budget
):
    Budget.objects.update(period="total")
    spend_daily(world.team, [DOLLAR] * 7, now=timezone.now())
    seen = api.get(url(budget, "forecast/")).json()
    assert seen["status"] == "overrun"
    assert (seen["burn_usd_per_day"], seen["burn_usd_per_day_7d"]) == ("1.00", "1.00")
    days = (_moment(seen["run_out_at"]) - _moment(seen["as_of"])).total_seconds() / 86_400
    assert days == pytest.approx(10, abs=0.01)
    assert seen["projected_usd"] is None  # a total has no end


def test_a_forecast_of_a_period_has_an_interval(world: World, api: Api, budget: Budget):
    spend_daily(world.team, [DOLLAR, 0, 2 * DOLLAR, DOLLAR, DOLLAR], now=timezone.now())
    seen = api.get(url(budget, "forecast/")).json()
    low, mean, high = (float(seen[f"projected{name}_usd"]) for name in ("_low", "", "_high"))
    assert low < mean < high


def _moment(text: str) -> datetime:

    return datetime.fromisoformat(text)


def test_a_team_without_a_budget_gets_one(world: World, api: Api):
    body = {"team": "eng", "period": "week", "limit_usd": "3.00", "thresholds": [10]}
    made = api.post(BUDGETS, body, key="k")
    assert made.status_code == 201
    assert (made.json()["period"], made.json()["thresholds"]) == ("week", [10])
    assert "already" in problem(api.post(BUDGETS, body), 422, "invalid")["errors"]["team"][0]
    owner = Client()
    owner.force_login(world.owner)
    answer = owner.post(
        BUDGETS, {"period": "month", "limit_usd": "9.00"}, content_type="application/json"
    )
    assert answer.json()["scope"] == "org"


@pytest.mark.parametrize("team", ["other", None, ""])
def test_a_key_makes_no_budget_elsewhere(api: Api, team: str | None):
    answer = api.post(BUDGETS, {"team": team, "period": "week", "limit_usd": "3.00"})
    problem(answer, 422, "invalid")
    assert not Budget.objects.exists()


def test_budgets_of_others_are_not_there(world: World, api: Api, budget: Budget):
    org_wide, other = make_budget(org=world.org), make_budget(world.other)
    sibling = make_budget(world.sibling)
    for foreign in (org_wide, other, sibling):
        problem(api.get(url(foreign)), 404, "not-found")
        problem(api.get(url(foreign, "forecast/")), 404, "not-found")
        problem(patch(api, foreign, limit_usd="99.00"), 404, "not-found")
        problem(lift(api, foreign), 404, "not-found")
    assert [one["id"] for one in api.get(BUDGETS).json()["results"]] == [str(budget.pk)]


def test_who_may_only_read_changes_nothing(world: World, budget: Budget):
    reader = Api(make_key(world.team, scopes=[Scope.USAGE_READ]))
    assert reader.get(url(budget)).status_code == 200
    assert (
        "budgets:write"
        in problem(patch(reader, budget, limit_usd="99.00"), 403, "forbidden")["detail"]
    )
    problem(lift(reader, budget), 403, "forbidden")
    problem(reader.post(BUDGETS, {"team": "eng", "period": "day", "limit_usd": "1.00"}),
            403, "forbidden")  # fmt: skip
    problem(Api(world.reading_key).get(BUDGETS), 403, "forbidden")
    writer = Api(make_key(world.team, scopes=[Scope.BUDGETS_WRITE]))
    assert patch(writer, budget, limit_usd="99.00").status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_roles_change_budgets_as_the_table_says(world: World, budget: Budget, role: Role):
    client = Client()
    client.force_login(make_user(team=world.team, role=role))
    assert client.get(url(budget)).status_code == 200
    answer = client.patch(url(budget), {"limit_usd": "11.00"}, content_type="application/json")
    assert answer.status_code == (200 if role in (Role.OWNER, Role.ADMIN) else 403)


def test_the_schema_describes_budgets_with_examples(world: World):
    paths = Client().get("/api/schema/?format=json").json()["paths"]
    assert set(paths["/api/v1/budgets/{budget_id}/"]) == {"get", "patch"}
    raising = paths["/api/v1/budgets/{budget_id}/raise/"]["post"]
    assert raising["requestBody"]["content"]["application/json"]["examples"]
    assert {"201", "403", "404", "422"} <= set(raising["responses"])
