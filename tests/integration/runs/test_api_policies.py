"""Policies and decisions over REST: who may what, and what a policy does to a submission."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from uuid_utils.compat import uuid7

from budgets.core.access import Role, Scope
from budgets.models import Hold
from routing.models import Decision, Policy, PolicyVersion
from routing.services.audit import chain_report
from runs.models import Run
from tests.integration.runs.api import Api, problem
from tests.world import World, make_call, make_key, make_run, make_user

pytestmark = pytest.mark.django_db

POLICIES = "/api/v1/policies/"
CHECK, REPLAY = f"{POLICIES}check/", f"{POLICIES}replay/"
DECISIONS = "/api/v1/policy-decisions/"
TEAM_RULE: dict[str, Any] = {
    "name": "no moonshot", "scope": "team", "team": "eng", "mode": "HARD",
    "rules": {"blocked_providers": ["sim-moonshot"]},
}  # fmt: skip
ORG_RULE: dict[str, Any] = {"name": "org rule", "mode": "HARD", "rules": {"regions": ["us"]}}


class Person(Api):
    """A person in a browser."""

    def __init__(self, user: Any) -> None:
        super().__init__()
        self.client.force_login(user)


def put(api: Api, path: str, body: Any) -> Any:
    return api.client.put(
        path, json.dumps(body), content_type="application/json", headers=api.headers
    )


def made(api: Api, body: Any = TEAM_RULE) -> dict[str, Any]:
    response = api.post(POLICIES, body)
    assert response.status_code == 201, response.content
    answer: dict[str, Any] = response.json()
    return answer


def test_a_policy_is_made_read_and_listed(api: Api, world: World):
    answer = made(api, TEAM_RULE | {"note": "until the contract is signed"})

    assert (answer["name"], answer["version"], answer["team"]) == ("no moonshot", 1, "eng")
    assert answer["rules"] == {"blocked_providers": ["sim-moonshot"]}
    assert (answer["scope"], answer["mode"], answer["enabled"]) == ("team", "HARD", True)
    assert [one["version"] for one in answer["versions"]] == [1]
    assert api.get(f"{POLICIES}{answer['id']}/").json() == answer
    (row,) = api.get(POLICIES).json()["results"]
    assert row == {key: value for key, value in answer.items() if key != "versions"}
    assert api.get(POLICIES, {"team": "eng", "scope": "team"}).json()["results"] == [row]
    assert api.get(POLICIES, {"enabled": "false"}).json()["results"] == []


def test_changing_a_policy_makes_a_version_and_keeps_the_old_one(api: Api):
    answer = made(api)
    path = f"{POLICIES}{answer['id']}/"

    changed = put(api, path, TEAM_RULE | {"mode": "MONITOR", "version": 1})
    again = put(api, path, TEAM_RULE | {"mode": "MONITOR"})
    late = put(api, path, TEAM_RULE | {"version": 1})

    assert changed.status_code == again.status_code == 200, changed.content
    assert changed.json()["version"] == again.json()["version"] == 2
    assert [(one["version"], one["mode"]) for one in again.json()["versions"]] == [
        (2, "MONITOR"), (1, "HARD"),
    ]  # fmt: skip
    assert "version 2" in problem(late, 422, "invalid")["errors"]["version"][0]
    renamed = put(api, path, TEAM_RULE | {"name": "other"})
    assert "name" in problem(renamed, 422, "invalid")["errors"]


def test_a_policy_can_be_put_by_its_name(api: Api):
    first, second = (put(api, POLICIES, TEAM_RULE | {"note": note}) for note in ("", "why"))

    assert (first.status_code, second.status_code) == (201, 200), first.content
    assert second.json()["version"] == 2
    assert Policy.objects.count() == 1


def test_every_change_of_a_policy_is_in_the_log(api: Api, world: World):
    answer = made(api)
    put(api, f"{POLICIES}{answer['id']}/", TEAM_RULE | {"enabled": False})

    second, first = Decision.objects.filter(kind="change").order_by("-position")
    assert (first.policy, first.version, first.actor) == ("no moonshot", 1, "key test")
    assert first.inputs["before"] is None
    assert first.inputs["after"]["rules"] == TEAM_RULE["rules"]
    assert (second.version, second.team_id) == (2, world.team.pk)
    assert second.inputs["before"]["enabled"] and not second.inputs["after"]["enabled"]
    assert chain_report(world.org.pk).broken is None


def test_a_name_is_taken_once_in_an_org(api: Api, world: World):
    made(api)
    assert "name" in problem(api.post(POLICIES, TEAM_RULE), 422, "invalid")["errors"]
    assert made(Api(world.stranger_key))["version"] == 1


def test_idempotent_posts_make_one_policy(api: Api):
    first = api.post(POLICIES, TEAM_RULE, key="k1")
    second = api.post(POLICIES, TEAM_RULE, key="k1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Policy.objects.count() == 1


BAD: list[tuple[Any, str]] = [
    ({}, "name"), ({"name": "x", "mode": "HARD"}, "rules"),
    (TEAM_RULE | {"mode": "MAYBE"}, "mode"), (TEAM_RULE | {"team": "nowhere"}, "team"),
    (TEAM_RULE | {"rules": {"speed": 1}}, "rules.speed"),
    (TEAM_RULE | {"rules": {"min_quality": 7}}, "rules.min_quality"),
    (TEAM_RULE | {"rules": {"required_tags": ["hipaa"]}}, "rules"),
    (TEAM_RULE | {"org": 7}, "org"), (TEAM_RULE | {"version": "1"}, "version"),
    (TEAM_RULE | {"team": "a\x00b"}, "team"),
    ({"name": "x", "mode": "HARD", "scope": "run", "run": str(uuid7()), "rules": {}}, "run"),
    ({"name": "x", "mode": "HARD", "org": "elsewhere", "rules": {}}, "org"),
]  # fmt: skip


@pytest.mark.parametrize("body, field", BAD)
def test_a_policy_that_makes_no_sense_is_refused_and_nothing_stored(
    api: Api, body: Any, field: str
):
    errors = problem(api.post(POLICIES, body), 422, "invalid")["errors"]
    assert field in errors
    assert not Policy.objects.exists()
    assert not PolicyVersion.objects.exists()
    assert not Decision.objects.exists()


def test_a_policy_that_denies_every_model_is_refused_with_what_to_do(api: Api):
    everybody = ["sim-anthropic", "sim-openai", "sim-google", "sim-moonshot", "sim-deepseek"]
    body = TEAM_RULE | {"rules": {"blocked_providers": everybody}}

    checked = api.post(CHECK, body).json()
    refused = problem(api.post(POLICIES, body), 422, "invalid")

    assert not checked["savable"]
    assert refused["errors"]["rules"] == [one["message"] for one in checked["findings"]
                                          if one["blocking"]]  # fmt: skip
    assert "leave at least one" in refused["errors"]["rules"][0]
    assert api.post(CHECK, body | {"enabled": False}).json()["savable"]


def test_check_names_the_policy_that_is_contradicted_and_stores_nothing(api: Api):
    made(api)
    body = TEAM_RULE | {"name": "only moonshot", "rules": {"allowed_providers": ["sim-moonshot"]}}

    (finding, *_) = api.post(CHECK, body).json()["findings"]

    assert (finding["code"], finding["policies"]) == ("emptied_allow_list", ["no moonshot"])
    assert Policy.objects.count() == 1


def test_a_key_changes_policies_of_its_own_team_alone(api: Api, world: World):
    problem(api.post(POLICIES, ORG_RULE), 403, "forbidden")
    problem(api.post(POLICIES, TEAM_RULE | {"team": "research"}), 422, "invalid")
    reading = Api(world.reading_key)
    problem(reading.post(POLICIES, TEAM_RULE), 403, "forbidden")
    answer = made(api)
    problem(Api(world.stranger_key).get(f"{POLICIES}{answer['id']}/"), 404, "not-found")
    problem(put(Api(world.stranger_key), f"{POLICIES}{answer['id']}/", TEAM_RULE), 404, "not-found")
    problem(Api(world.sibling_key).get(f"{POLICIES}{answer['id']}/"), 404, "not-found")
    assert Api(world.sibling_key).get(POLICIES).json()["results"] == []
    problem(api.get(f"{POLICIES}9{'9' * 30}/"), 404, "not-found")
    writing = Api(make_key(world.team, scopes=[Scope.POLICIES_WRITE]))
    assert put(writing, f"{POLICIES}{answer['id']}/", TEAM_RULE).status_code == 200


def test_roles_of_the_org_change_its_policies_and_roles_of_a_team_read_them(world: World):
    owner = Person(world.owner)
    answer = made(owner, ORG_RULE)
    assert answer["team"] is None
    for person in (world.member, world.auditor, world.neighbour):
        names = [one["name"] for one in Person(person).get(POLICIES).json()["results"]]
        assert names == ["org rule"]
        problem(Person(person).post(POLICIES, TEAM_RULE | {"name": "y"}), 403 if person is not
                world.neighbour else 422, "forbidden" if person is not world.neighbour else
                "invalid")  # fmt: skip
        problem(put(Person(person), f"{POLICIES}{answer['id']}/", ORG_RULE), 403, "forbidden")
    assert Person(world.stranger).get(POLICIES).json()["results"] == []


def test_nobody_moves_a_policy_out_of_where_they_may_not_change_it(world: World):
    answer = made(Person(world.owner), ORG_RULE)
    admin = Person(make_user(team=world.team, role=Role.ADMIN))
    moved = ORG_RULE | {"scope": "team", "team": "eng"}
    problem(put(admin, f"{POLICIES}{answer['id']}/", moved), 403, "forbidden")
    problem(put(admin, POLICIES, moved), 403, "forbidden")
    assert Policy.objects.get().team_id is None


def test_a_policy_of_one_run_belongs_to_the_runs_team(api: Api, world: World):
    run = make_run(world.team)
    body = {"name": "this run", "scope": "run", "run": str(run.pk), "mode": "HARD",
            "rules": {"max_cost_per_call_usd": "0.5"}}  # fmt: skip
    assert made(api, body)["team"] == "eng"
    theirs = body | {"name": "z", "run": str(make_run(world.other).pk)}
    assert "run" in problem(api.post(POLICIES, theirs), 422, "invalid")["errors"]


def deny_everything_here(world: World) -> None:
    """Two policies of different scopes that together leave the team no model."""
    owner = Person(world.owner)
    made(owner, {"name": "us only", "mode": "HARD", "rules": {"regions": ["us"]}})
    made(owner, {"name": "no us vendors", "scope": "team", "team": "eng", "mode": "HARD",
                 "rules": {"blocked_providers": ["sim-anthropic", "sim-openai"]}})  # fmt: skip


def test_a_submission_that_policies_leave_no_model_is_refused_and_on_record(api: Api, world: World):
    deny_everything_here(world)
    models = ["sim/gpt-6-luna", "sim/kimi-k2.6"]

    body = problem(api.submit(allowed_models=models), 403, "policy-denied")

    assert (body["policy"], body["version"]) in {("us only", 1), ("no us vendors", 1)}
    assert "sim/kimi-k2.6 (us only v1: region cn is not us)" in body["reason"]
    assert "sim/gpt-6-luna (no us vendors v1: provider sim-openai is blocked)" in body["reason"]
    decision = Decision.objects.get(pk=body["decision_id"])
    assert (decision.kind, decision.outcome, decision.actor) == ("policy", "deny", "key test")
    assert decision.candidates["removed"]
    assert Run.objects.count() == Hold.objects.count() == 0
    assert chain_report(world.org.pk).broken is None


def test_a_denied_submission_with_a_key_is_replayed_as_it_was_answered(api: Api, world: World):
    deny_everything_here(world)
    first = api.submit(key="k", allowed_models=["sim/gpt-6-luna"])
    second = api.submit(key="k", allowed_models=["sim/gpt-6-luna"])
    assert first.status_code == second.status_code == 403
    assert first.json() == second.json()
    assert Decision.objects.filter(outcome="deny").count() == 1


def test_dry_run_says_what_policies_would_answer_and_stores_nothing(api: Api, world: World):
    deny_everything_here(world)
    before = Decision.objects.count()

    body = api.submit(dry_run=True, allowed_models=["sim/gpt-6-luna"]).json()

    assert body["policy"]["outcome"] == "deny"
    assert (body["policy"]["policy"], body["policy"]["version"]) == ("no us vendors", 1)
    removed = {one["model"]: one for one in body["models"][0]["removed"]}
    assert removed["sim/gpt-6-luna"]["reason"] == "policy"
    assert Decision.objects.count() == before
    allowed = api.submit(dry_run=True).json()
    assert (allowed["policy"]["outcome"], allowed["policy"]["policy"]) == ("allow", None)
    providers = {step["provider"] for step in allowed["models"]}
    assert providers == {"sim-google"}


def test_a_policy_that_leaves_models_lets_a_submission_pass(api: Api):
    made(api)
    assert api.submit(resume="never").status_code == 201


def test_a_monitoring_policy_denies_nobody(api: Api):
    made(api, TEAM_RULE | {"mode": "MONITOR", "rules": {"required_tags": ["hipaa"]}})
    assert api.submit(resume="never").status_code == 201


def choice(world: World, model: str = "sim/kimi-k2.6", *, ago: timedelta = timedelta(hours=1),
           **fields: Any) -> Decision:  # fmt: skip
    """A choice as the engine records it, with its call."""
    run = fields.pop("run", None) or make_run(world.team, held=False)
    call = make_call(run, model=model, cost_nanousd=3_000_000)
    scored = [
        {"model": model, "provider": "sim-moonshot", "mean": 0.8, "sd": 0.05, "n": 4,
         "expected_cost_nanousd": 2_000_000, "upper_bound_nanousd": 5_000_000},
        {"model": "sim/gpt-6-luna", "provider": "sim-openai", "mean": 0.7, "sd": 0.05, "n": 4,
         "expected_cost_nanousd": 1_500_000, "upper_bound_nanousd": 4_000_000},
    ]  # fmt: skip
    return Decision.objects.create(
        at=timezone.now() - ago, org_id=run.org_id, team_id=run.team_id, run_id=run.pk,
        task_key="t1", call_id=call.pk, phase="generation", kind="route", outcome="allow",
        model=model, inputs={"task_type": "code_generation"},
        candidates={"candidates": scored, "removed": []}, **fields,
    )  # fmt: skip


def test_replay_tells_what_a_draft_would_have_done_and_at_what_cost(api: Api, world: World):
    decision = choice(world)
    choice(world, "sim/gpt-6-luna")
    choice(world, ago=timedelta(days=8))

    answer = api.post(REPLAY, {"policy": TEAM_RULE}).json()

    assert (answer["choices"], answer["rerouted"], answer["allowed"]) == (2, 1, 1)
    assert (answer["cost_usd"], answer["rerouted_cost_usd"]) == ("0.006", "-0.0005")
    (example,) = answer["examples"]
    assert example["decision"] == str(decision.pk)
    assert (example["from_model"], example["to_model"]) == ("sim/kimi-k2.6", "sim/gpt-6-luna")
    assert answer["moves"] == [
        {"from_model": "sim/kimi-k2.6", "to_model": "sim/gpt-6-luna", "choices": 1}
    ]
    assert not Policy.objects.exists()


def test_replay_of_a_time_covers_it_and_no_more_than_a_month(api: Api, world: World):
    choice(world, ago=timedelta(days=8))
    since = (timezone.now() - timedelta(days=9)).isoformat()
    answer = api.post(REPLAY, {"policy": TEAM_RULE, "from": since}).json()
    assert answer["choices"] == 1
    long_ago = (timezone.now() - timedelta(days=40)).isoformat()
    for wrong in ({"from": long_ago}, {"from": 7}, {"from": "x"}, {"to": long_ago, "from": since}):
        problem(api.post(REPLAY, {"policy": TEAM_RULE} | wrong), 422, "invalid")
    problem(api.post(REPLAY, {"draft": TEAM_RULE}), 422, "invalid")
    problem(api.post(REPLAY, {}), 422, "invalid")


def test_replay_shows_decisions_only_to_who_may_read_them(world: World):
    choice(world)
    assert Api(world.sibling_key).post(REPLAY, {"policy": TEAM_RULE | {"team": "research"}}).json()[
        "choices"] == 0  # fmt: skip
    problem(Person(world.member).post(REPLAY, {"policy": TEAM_RULE}), 403, "forbidden")
    auditor = Person(world.auditor).post(REPLAY, {"policy": TEAM_RULE})
    assert auditor.json()["choices"] == 1
    assert Person(world.owner).post(REPLAY, {"policy": ORG_RULE}).json()["choices"] == 1


def rows(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [one["id"] for one in response.json()["results"]]


def test_decisions_are_listed_newest_first_by_filter(api: Api, world: World):
    route, deny = choice(world), choice(world, "sim/gpt-6-luna")
    extra = {"kind": "policy", "outcome": "deny", "policy": "p", "version": 2, "actor": "ada"}
    deny = Decision.objects.create(at=timezone.now(), org_id=world.org.pk, team_id=world.team.pk,
                                   run_id=route.run_id, model="sim/kimi-k2.6", **extra)  # fmt: skip

    assert rows(api.get(DECISIONS))[0] == str(deny.pk)
    assert len(rows(api.get(DECISIONS))) == 3
    for query in (
        {"outcome": "deny,warn"}, {"kind": "policy"}, {"policy": "p"}, {"version": "2"},
        {"actor": "ada"}, {"policy": "p", "team": "eng"},
        {"run": str(deny.run_id), "outcome": "deny"},
        {"from": (timezone.now() - timedelta(minutes=5)).isoformat()},
        {"model": "sim/kimi-k2.6", "kind": "policy"},
    ):  # fmt: skip
        assert rows(api.get(DECISIONS, query)) == [str(deny.pk)], query
    assert rows(api.get(DECISIONS, {"team": "research"})) == []
    problem(api.get(DECISIONS, {"outcome": "maybe"}), 400, "malformed")
    first = api.get(DECISIONS, {"page_size": 2}).json()
    assert rows(api.get(first["next"])) == [str(route.pk)]
    assert "candidates" not in first["results"][0]


def test_one_decision_shows_its_rule_candidates_and_place_in_the_chain(api: Api, world: World):
    made(api)
    decision = choice(world, policy="no moonshot", version=1)

    body = api.get(f"{DECISIONS}{decision.pk}/").json()

    assert body["rule"]["rules"] == TEAM_RULE["rules"]
    assert (body["rule"]["mode"], body["rule"]["version"]) == ("HARD", 1)
    assert body["candidates"]["candidates"][0]["model"] == "sim/kimi-k2.6"
    assert (body["team"], body["run"], body["task"]) == ("eng", str(decision.run_id), "t1")
    assert (body["hash"], body["position"]) == (decision.hash, 2)
    plain = api.get(f"{DECISIONS}{choice(world).pk}/").json()
    assert plain["rule"] is None
    problem(api.get(f"{DECISIONS}{uuid7()}/"), 404, "not-found")


def test_decisions_belong_to_those_who_may_read_them(world: World):
    mine = choice(world)
    of_org = Decision.objects.create(at=timezone.now(), org_id=world.org.pk, kind="change",
                                     outcome="allow", actor="ada")  # fmt: skip
    assert rows(Person(world.auditor).get(DECISIONS)) == [str(mine.pk)]
    assert set(rows(Person(world.owner).get(DECISIONS))) == {str(mine.pk), str(of_org.pk)}
    problem(Person(world.member).get(DECISIONS), 403, "forbidden")
    problem(Api(world.reading_key).get(DECISIONS), 403, "forbidden")
    assert rows(Api(world.sibling_key).get(DECISIONS)) == []
    for stranger in (Person(world.stranger), Api(world.sibling_key), Api(world.stranger_key)):
        problem(stranger.get(f"{DECISIONS}{mine.pk}/"), 404, "not-found")
    problem(Person(world.auditor).get(f"{DECISIONS}{of_org.pk}/"), 404, "not-found")
    assert Client().get(DECISIONS).status_code == 401


def test_no_decision_is_written_over_rest(api: Api, world: World):
    path = f"{DECISIONS}{choice(world).pk}/"
    for method in ("put", "patch", "delete", "post"):
        response = getattr(api.client, method)(path, headers=api.headers)
        problem(response, 405, "method-not-allowed")
