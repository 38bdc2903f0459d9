"""Fine-tuning and sharing over REST."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from budgets.core.access import Scope
from budgets.models import Membership
from routing.models import Decision, Recommendation, SharedLearning
from runs.models import TuningAssumptions
from runs.selectors.tuning.places import Place
from runs.services.tuning.analysis import ask_for_analysis, carry_out
from tests.integration.runs.api import Api, problem
from tests.integration.tuning import scene
from tests.world import World, make_key, make_user

pytestmark = pytest.mark.django_db

BASE = "/api/v1/tuning"


@pytest.fixture
def api(world: World) -> Api:
    return Api(world.key)


def session(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sent(client: Client, method: str, path: str, body: Any) -> Any:
    return getattr(client, method)(path, json.dumps(body), content_type="application/json")


def test_patterns_are_read_with_their_examples(world: World, api: Api):
    asked = api.post(f"{BASE}/analyses/", {"team": "eng"})
    assert asked.status_code == 201
    assert asked.json()["state"] == "queued"
    scene.planted(world.team)
    place, at = Place(world.org, world.team), timezone.now() + timedelta(minutes=2)
    done = ask_for_analysis(place, actor="x", now=at)
    carry_out(done.pk)
    body = api.get(f"{BASE}/analyses/{done.pk}/").json()
    assert (body["state"], body["failures"], body["retries_usd"]) == ("done", 25, "0.39")
    dearest = body["patterns"][0]
    assert (dearest["caught_by"], dearest["n"], dearest["retried"]) == ("json_schema", 12, 6)
    assert "invoice date" in dearest["examples"][0]["said"]
    listed = api.get(f"{BASE}/analyses/").json()["results"]
    assert listed[0]["id"] == str(done.pk)
    textless = Api(make_key(world.team, scopes=[Scope.USAGE_READ]))
    bare = textless.get(f"{BASE}/analyses/{done.pk}/").json()["patterns"][0]
    assert (bare["terms"], bare["examples"]) == ([], [])
    problem(Api(world.stranger_key).get(f"{BASE}/analyses/{done.pk}/"), 404, "not-found")


def test_a_proposal_is_made_read_and_given_its_model(world: World, api: Api):
    asked = {"task_type": "data_extraction", "validator": "json_schema"}
    few = problem(api.post(f"{BASE}/proposals/", asked), 422, "invalid")
    assert "Insufficient examples: 50 more" in few["errors"]["base_model"][0]
    none = api.post(f"{BASE}/proposals/", asked | {"dry_run": True}).json()
    assert none == {"examples": 0, "missing": 50, "costs_known": False, "offers": []}
    scene.good(world.team, 60)
    wrong = problem(api.post(f"{BASE}/proposals/", asked | {"base_model": "x"}), 422, "invalid")
    assert "no base model of your assumptions: these are gpt" in wrong["errors"]["base_model"][0]
    reader = Api(make_key(world.team, scopes=[Scope.USAGE_READ]))
    tried = reader.post(f"{BASE}/proposals/", asked | {"dry_run": True})
    assert (tried.status_code, tried.json()["missing"], tried.json()["examples"]) == (200, 0, 60)
    offers = tried.json()["offers"]
    assert len(offers) > 2 and offers[0]["sure"]
    problem(reader.post(f"{BASE}/proposals/", asked), 403, "forbidden")
    assert not Recommendation.objects.exists()
    made = api.post(f"{BASE}/proposals/", asked)
    assert made.status_code == 201
    assert made.json()["base_model"] == offers[0]["base_model"]
    body = made.json()
    low, value, high = (float(body["saving_usd"][name]) for name in ("low", "value", "high"))
    assert 0 < low <= value <= high
    assert body["evidence"]["base"]["priced_at"]
    url = f"{BASE}/proposals/{body['id']}/"
    unknown = problem(api.post(f"{url}model/", {"model": "ft:x"}), 422, "invalid")
    assert "Routing knows no model" in unknown["errors"]["model"][0]
    linked = api.post(f"{url}model/", {"model": "sim/gpt-6-luna", "training_usd": "2.5"})
    assert (linked.json()["tuned_model"], linked.json()["state"]) == ("sim/gpt-6-luna", "applied")
    assert len(api.get(url).json()["returns"]) == 1
    (listed,) = api.get(f"{BASE}/proposals/").json()["results"]
    assert (listed["id"], listed["tuned_model"]) == (body["id"], "sim/gpt-6-luna")
    assert "evidence" not in listed
    assert Api(world.sibling_key).get(f"{BASE}/proposals/").json()["results"] == []
    problem(Api(world.reading_key).get(f"{BASE}/proposals/"), 403, "forbidden")
    problem(Api(world.reading_key).post(f"{BASE}/proposals/", asked), 403, "forbidden")
    problem(Api(world.sibling_key).get(url), 404, "not-found")


def test_nothing_known_of_the_costs_is_said(world: World, api: Api):
    made = scene.tasks(scene.run_of(world.team), 55)
    scene.attempts(made)
    refused = problem(
        api.post(f"{BASE}/proposals/", {"task_type": "data_extraction"}), 422, "invalid"
    )
    assert "whose cost is known" in refused["errors"]["base_model"][0]


def test_what_saves_nothing_for_sure_is_not_kept(world: World, api: Api):
    run = scene.run_of(world.team)
    made = scene.tasks(run, 60)
    scene.attempts(made, cost_nanousd=1_000)
    scene.calls(made, run, cost=1_000)
    refused = problem(
        api.post(f"{BASE}/proposals/", {"task_type": "data_extraction"}), 422, "invalid"
    )
    assert "Nothing is saved for sure" in refused["errors"]["base_model"][0]


def test_a_data_set_is_asked_for_and_downloaded(world: World, api: Api):
    scene.good(world.team, 20)
    asked = api.post(f"{BASE}/data-sets/", {"task_type": "data_extraction"}, key="once")
    again = api.post(f"{BASE}/data-sets/", {"task_type": "data_extraction"}, key="once")
    assert (asked.status_code, again.json()) == (201, asked.json())
    row = scene.dataset(scene.proposal(world.org, world.team), world.org, world.team)
    report = api.get(f"{BASE}/data-sets/{row.pk}/").json()
    assert report["train"] + report["validation"] == 20
    assert report["redactions"]["email"] == 0
    listed = api.get(f"{BASE}/data-sets/", {"page_size": 1}).json()
    assert [one["id"] for one in listed["results"]] == [str(row.pk)]
    (older,) = api.client.get(listed["next"], headers=api.headers).json()["results"]
    assert older["id"] == asked.json()["id"]
    assert Api(world.sibling_key).get(f"{BASE}/data-sets/").json()["results"] == []
    answer = api.get(f"{BASE}/data-sets/{row.pk}/gemini/train/")
    lines = b"".join(answer).decode().splitlines()
    assert len(lines) == report["train"]
    assert json.loads(lines[0])["contents"][1]["role"] == "model"
    none = problem(api.get(f"{BASE}/data-sets/{row.pk}/csv/train/"), 404, "not-found")
    assert "openai, gemini" in none["detail"] and "train, validation" in none["detail"]
    problem(Api(world.stranger_key).get(f"{BASE}/data-sets/{row.pk}/"), 404, "not-found")
    textless = Api(make_key(world.team, scopes=[Scope.USAGE_READ]))
    problem(textless.get(f"{BASE}/data-sets/{row.pk}/"), 404, "not-found")
    problem(textless.get(f"{BASE}/data-sets/"), 403, "forbidden")


def test_assumptions_are_changed_by_people_of_the_whole_org(world: World, api: Api):
    assert api.get(f"{BASE}/assumptions/").json()["min_examples"] == 50
    refused = api.client.patch(
        f"{BASE}/assumptions/", "{}", content_type="application/json", headers=api.headers
    )
    assert "whole organisation" in problem(refused, 403, "forbidden")["detail"]
    client = session(world.owner)
    changed = sent(client, "patch", f"{BASE}/assumptions/", {"epochs": 4, "labour_usd": "20"})
    assert changed.json()["epochs"] == 4
    assert TuningAssumptions.objects.get().values == {"epochs": 4, "labour_usd": "20.00"}
    wrong = sent(client, "patch", f"{BASE}/assumptions/", {"epochs": 0, "colour": "red"})
    assert set(problem(wrong, 422, "invalid")["errors"]) == {"epochs", "colour"}
    problem(client.get(f"{BASE}/assumptions/", {"org": "elsewhere"}), 422, "invalid")


def test_sharing_is_read_by_all_and_changed_by_owners_alone(world: World, api: Api):
    url = "/api/v1/learning/sharing/"
    assert api.get(url).json() == {"org": world.org.slug, "shares": False}
    client = session(world.owner)
    assert sent(client, "put", url, {"shares": True}).json()["shares"] is True
    assert SharedLearning.objects.filter(org_id=world.org.pk).exists()
    by_key = api.client.put(
        url, '{"shares": false}', content_type="application/json", headers=api.headers
    )
    assert "No key may do this" in problem(by_key, 403, "forbidden")["detail"]
    assert Decision.objects.filter(org_id=world.org.pk, kind="change").count() == 1


def test_a_team_that_is_not_the_callers_does_not_exist(world: World, api: Api):
    for team in ("a\x00b", "research", "nowhere"):
        body = {"task_type": "summarization", "team": team}
        refused = problem(api.post(f"{BASE}/data-sets/", body), 422, "invalid")
        assert "team" in refused["errors"]
    assert refused["errors"]["team"] == ["Name one of your teams by its slug: eng."]


@pytest.mark.parametrize(
    ("field", "value", "choices"),
    [
        ("task_type", "poetry", "code_generation, code_review, "),
        ("task_type", {"a": 1}, "code_generation, code_review, "),
        ("validator", "spelling", "python_syntax, pytest, "),
    ],
)
@pytest.mark.parametrize("path", ["proposals", "data-sets"])
def test_a_wrong_choice_is_told_which_there_are(
    api: Api, path: str, field: str, value: Any, choices: str
):
    body = {"task_type": "summarization"} | {field: value}
    (said,) = problem(api.post(f"{BASE}/{path}/", body), 422, "invalid")["errors"][field]
    assert f"is none of {choices}" in said


def test_who_has_several_teams_is_told_which(world: World):
    user = make_user(team=world.team)
    for team in (world.sibling, world.other):
        Membership.objects.create(user=user, org=team.org, team=team, role="developer")
    refused = sent(session(user), "post", f"{BASE}/analyses/", {})
    names = f"{world.org.slug}/eng, {world.org.slug}/research, {world.other.org.slug}/eng"
    assert problem(refused, 422, "invalid")["errors"]["team"] == [
        f"Name one of your teams by its slug: {names}."
    ]
