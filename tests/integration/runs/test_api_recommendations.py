"""Recommendations over REST: reading, deciding, and who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from budgets.core.access import Role, Scope
from routing.models import Recommendation
from tests.integration.routing.advice import (
    CURRENT,
    PROPOSED,
    TASK_TYPE,
    make_recommendation,
)
from tests.integration.runs.api import Api, problem
from tests.world import (
    DOLLAR,
    World,
    make_attempt,
    make_budget,
    make_key,
    make_org,
    make_run,
    make_task,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/recommendations/"


@pytest.fixture
def row(world: World) -> Recommendation:
    return make_recommendation(world.team, timezone.now())


def url(row: Recommendation, what: str = "") -> str:
    return f"{URL}{row.pk}/{what}"


def test_a_list_tells_amount_interval_quality_n_and_what_was_realised(
    world: World, api: Api, row: Recommendation
) -> None:
    (seen,) = api.get(URL).json()["results"]
    assert seen["amount_usd"] == "4.00"
    assert (seen["low_usd"], seen["high_usd"]) == ("3.30", "4.80")
    assert seen["quality"] == {"change": -0.003, "low": -0.011, "high": 0.005}
    assert (seen["n"], seen["realised_usd"]) == (640, None)
    assert (seen["state"], seen["next_stage"], seen["team"]) == ("proposed", "shadow", "eng")


@pytest.mark.parametrize(
    ("query", "count"),
    [("state=proposed", 1), ("state=shadow,proposed", 1), ("state=shadow&state=canary", 0),
     ("kind=routing", 1), ("kind=fine_tuning", 0), ("task_type=nothing", 0), ("team=eng", 1)],
)  # fmt: skip
def test_the_list_is_filtered(api: Api, row: Recommendation, query: str, count: int) -> None:
    assert len(api.get(f"{URL}?{query}").json()["results"]) == count


def test_a_state_that_there_is_not_is_named(api: Api, row: Recommendation) -> None:
    refused = problem(api.get(f"{URL}?state=soon"), 400, "malformed")
    assert "“soon” is none of proposed, shadow," in str(refused["errors"])


def test_a_recommendation_comes_with_its_evidence_in_dollars(api: Api, row: Recommendation) -> None:
    evidence = api.get(url(row)).json()["evidence"]
    assert evidence["current"]["cost_per_accepted_usd"] == "0.025"
    assert evidence["teams"][0]["team"] == "eng"
    assert "nanousd" not in str(evidence)


def test_answers_of_both_stand_side_by_side_for_who_may_read_them(
    world: World, api: Api, row: Recommendation
) -> None:
    for model in (CURRENT, PROPOSED):
        task = make_task(make_run(world.team), type=TASK_TYPE)
        make_attempt(task, output=f"written by {model}", model=model)
    (sample,) = api.get(url(row)).json()["samples"]
    assert sample["same_task"] is False
    assert sample["current"]["text"] == f"written by {CURRENT}"
    assert sample["proposed"]["text"] == f"written by {PROPOSED}"
    assert sample["proposed"]["score"] == 0.9
    textless = Api(make_key(world.team, scopes=[Scope.USAGE_READ]))
    assert textless.get(url(row)).json()["samples"] is None


def test_it_goes_from_stage_to_stage_and_back(api: Api, row: Recommendation) -> None:
    states = [api.post(url(row, "apply/")).json()["state"] for _ in range(3)]
    assert states == ["shadow", "canary", "applied"]
    problem(api.post(url(row, "apply/")), 409, "conflict")
    back = api.post(url(row, "revert/"), {"reason": "enough"}).json()
    assert back["state"] == "reverted"
    assert [one["after"] for one in back["steps"]] == [*states, "reverted"]
    problem(api.post(url(row, "dismiss/")), 409, "conflict")


def test_a_stage_may_be_named_and_told_how(api: Api, row: Recommendation) -> None:
    seen = api.post(url(row, "apply/"), {"stage": "canary", "share": 0.1}).json()
    assert seen["trial"]["share"] == 0.1
    for wrong in ({"share": 0.9}, {"stage": "shadow"}, {"stage": "soon"}, {"speed": 1}):
        assert api.post(url(row, "apply/"), wrong).status_code in (409, 422)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"share": 0.1}, "share"), ({"stage": "applied", "budget_usd": "2"}, "budget_usd")],
)
def test_what_says_nothing_of_a_stage_is_refused(
    api: Api, row: Recommendation, body: dict[str, Any], field: str
) -> None:
    refused = problem(api.post(url(row, "apply/"), body), 422, "invalid")
    assert "leave it out" in refused["errors"][field][0]


def test_the_same_key_applies_once(api: Api, row: Recommendation) -> None:
    first, again = (api.post(url(row, "apply/"), key="k1") for _ in range(2))
    assert first.json()["state"] == again.json()["state"] == "shadow"
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_shadow_without_room_in_a_budget_is_refused_as_money_is(
    world: World, api: Api, row: Recommendation
) -> None:
    make_budget(world.team, limit=DOLLAR)
    body = {"stage": "shadow", "budget_usd": "2.00"}
    refused = problem(api.post(url(row, "apply/"), body), 402, "budget-exceeded")
    assert refused["requested_usd"] == "2.00"


@pytest.mark.parametrize("what", ["", "apply/", "dismiss/", "revert/"])
def test_what_is_of_others_is_not_there(world: World, api: Api, what: str) -> None:
    foreign = make_recommendation(make_team(make_org()), timezone.now())
    # A key acts for its team: what holds in the whole organisation is not its to see.
    wide = make_recommendation(world.team, timezone.now(), of_org=True)
    for row in (foreign, wide):
        asked: Any = api.post(url(row, what)) if what else api.get(url(row))
        problem(asked, 404, "not-found")
    assert api.get(URL).json()["results"] == []


def test_reading_is_no_right_to_decide(world: World, row: Recommendation) -> None:
    reader = Api(make_key(world.team, scopes=[Scope.USAGE_READ]))
    assert reader.get(url(row)).status_code == 200
    told = problem(reader.post(url(row, "apply/")), 403, "forbidden")
    assert "policies:write" in told["detail"]
    runner = Api(make_key(world.team, scopes=[Scope.RUNS_WRITE]))
    problem(runner.get(URL), 403, "forbidden")


def test_an_analyst_of_the_organisation_decides_for_all_of_it(world: World) -> None:
    wide = make_recommendation(world.team, timezone.now(), of_org=True)
    api = Api()
    api.client.force_login(make_user(world.org, role=Role.ANALYST))
    assert api.post(url(wide, "apply/"), {"stage": "applied"}).json()["state"] == "applied"
