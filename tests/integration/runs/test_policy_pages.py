"""Pages of policies without a browser: what is written, checked, replayed, and refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from budgets.core.access import Role
from budgets.models import User
from routing.core.policy_draft import draft_from
from routing.models import Decision, Policy
from routing.services.policies import change_policy, create_policy
from runs.views.policy_form import Places, PolicyForm
from tests.world import World, make_run, make_user

pytestmark = pytest.mark.django_db
FORM: dict[str, Any] = {
    "as": "form", "name": "no moonshot", "scope": "team", "team": "eng", "mode": "HARD",
    "enabled": "on", "note": "until the contract is signed", "blocked_providers": ["sim-moonshot"],
    "max_cost_per_call_usd": "$0.50", "min_quality": "0.1", "max_requests_per_minute": "1,200",
}  # fmt: skip


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(world: World) -> Client:
    return client_of(world.owner)


def make_policy(world: World, **fields: Any) -> Policy:
    data = {"name": "us only", "mode": "HARD", "rules": {"regions": ["us"]}} | fields
    return create_policy(world.org.pk, draft_from(data), team=None, actor="ada", now=timezone.now())


def saving(client: Client, policy: Policy | None = None, **changes: Any) -> Any:
    path = reverse("policy-edit", args=[policy.pk]) if policy else reverse("policy-new")
    form = {name: value for name, value in (FORM | changes).items() if value is not None}
    return client.post(path, form | {"do": changes.get("do", "save")}, follow=True)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_policy_is_written_in_a_form_and_shown_in_words(owner: Client, world: World):
    answer = saving(owner)
    assert "Saved as version 1" in said(answer)
    row = Policy.objects.get()
    assert (row.scope, row.team_id, row.mode) == ("team", world.team.pk, "HARD")
    assert row.rules == {
        "blocked_providers": ["sim-moonshot"], "max_cost_per_call_usd": "0.50",
        "min_quality": 0.1, "max_requests_per_minute": 1200,
    }  # fmt: skip
    page = answer.content.decode()
    for text in ("Never the providers sim-moonshot", "A call may cost at most $0.50",
                 "At most 1,200 requests a minute", "until the contract is signed",
                 "calls wait, then go elsewhere"):  # fmt: skip
        assert text in page, text
    listed = owner.get(reverse("policies")).content.decode()
    assert "Team Engineering" in listed and "no moonshot" in listed


def test_the_roles_that_only_read_may_check_and_not_save(world: World):
    auditor = client_of(make_user(world.org, role=Role.AUDITOR))
    assert saving(auditor, do="check").status_code == 200
    assert saving(auditor).status_code == 403
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"name": ""}, "A name is a letter or digit"),
        ({"max_cost_per_call_usd": "much"}, "positive amount"),
        ({"min_quality": "7"}, "at most 1"),
        ({"max_requests_per_minute": "²"}, "whole number"),
        ({"team": ""}, "names its team"),
        ({"scope": "run", "run": "x"}, "Write the id of a run"),
        ({"mode": "MAYBE"}, "MAYBE"),
        ({"blocked_providers": ["a\x00b"]}, "1 to 128 characters"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field_and_stays_written(
    owner: Client, changes: dict[str, Any], sentence: str
):
    answer = saving(owner, **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "until the contract is signed" in page
    assert not Policy.objects.exists()


def test_a_policy_that_denies_every_model_is_refused_with_what_to_do(owner: Client):
    every = _providers()
    answer = saving(owner, blocked_providers=every)
    assert answer.status_code == 422
    assert "It denies every model" in answer.content.decode()
    assert not Policy.objects.exists()
    found = saving(owner, do="check", blocked_providers=every)
    assert found.context["blocked"] is True


def _providers() -> list[str]:
    form = PolicyForm(Places([], []), {})
    return [str(box.data["value"]) for box in form["blocked_providers"]]


def test_yaml_is_opened_from_a_file_and_its_errors_are_told_with_the_line(owner: Client):
    path = reverse("policy-new")

    def opened(content: bytes) -> Any:
        file = SimpleUploadedFile("p.yaml", content)
        return owner.post(path, {"as": "yaml", "do": "open", "file": file})

    good = opened(b"name: x\nmode: HARD\nrules:\n  regions: [us]\n")
    assert good.context["findings"] == []
    assert "Line 4:" in opened(b"name: x\nmode: HARD\nrules:\n\t- a\n").content.decode()
    assert "not text in UTF-8" in opened(b"\xff\xfe\x00").content.decode()
    assert "larger than" in opened(b"a" * 300_000).content.decode()
    bad = owner.post(path, {"as": "yaml", "yaml": "name: x\nmode: HARD\nrules:\n  speed: 1\n"})
    assert bad.status_code == 422
    assert "rules.speed: line 4: There is no such rule" in bad.content.decode()
    text = "name: x\nmode: HARD\nrules:\n  regions: [us]\n"
    saved = owner.post(path, {"as": "yaml", "yaml": text}, follow=True)
    row = Policy.objects.get()
    assert "Saved as version 1" in said(saved)
    file = owner.get(reverse("policy-file", args=[row.pk]))
    assert "attachment" in file["Content-Disposition"]
    assert "regions:\n  - us" in file.content.decode().replace("\n  -", "\n  -")
    assert owner.get(reverse("policy-file", args=[row.pk]), {"version": "9"}).status_code == 404


def test_form_and_yaml_turn_into_each_other(owner: Client):
    as_yaml = saving(owner, do="yaml").context["writing"]
    assert "max_cost_per_call_usd: '0.50'" in as_yaml.text
    form = owner.post(reverse("policy-new"), {"as": "yaml", "yaml": as_yaml.text, "do": "form"})
    shown = form.context["writing"].form
    assert shown["team"].value() == "eng"
    assert shown["max_requests_per_minute"].value() == 1200
    unread = owner.post(reverse("policy-new"), {"as": "yaml", "yaml": "{", "do": "form"})
    assert unread.context["writing"].as_yaml
    assert "Line 1:" in unread.content.decode()


def test_versions_differ_in_words_and_an_old_one_can_be_gone_back_to(owner: Client, world: World):
    row = make_policy(world)
    softer = draft_from({"name": "us only", "mode": "SOFT", "rules": {"min_quality": 0.5}})
    change_policy(row, softer, team=None, actor="grace", now=timezone.now())
    answer = owner.get(reverse("policy", args=[row.pk]))
    newest = answer.context["versions"][0]
    assert [(one.what, one.before, one.after) for one in newest.changes] == [
        ("mode", "HARD", "SOFT"),
        ("regions", "Only models that run in us", ""),
        ("quality", "", "Expected quality of at least 0.50"),
    ]
    assert "grace" in answer.content.decode()
    back = owner.get(reverse("policy-edit", args=[row.pk]), {"from": "1"})
    assert back.context["writing"].form["mode"].value() == "HARD"
    assert "becomes version 3" in back.content.decode()


def test_a_save_over_somebody_elses_version_is_told_and_keeps_both(owner: Client, world: World):
    row = make_policy(world)
    softer = draft_from({"name": "us only", "mode": "SOFT", "rules": {"regions": ["us"]}})
    change_policy(row, softer, team=None, actor="grace", now=timezone.now())
    answer = saving(owner, row, version="1", scope="org", team="", note="mine")
    page = answer.content.decode()
    assert answer.status_code == 409
    for text in ("saved version 2 meanwhile", "grace", "SOFT", "mine", 'value="2"'):
        assert text in page, text
    row.refresh_from_db()
    assert (row.version, row.note) == (2, "")
    again = saving(owner, row, version="2", scope="org", team="", note="mine")
    assert "Saved as version 3" in said(again)


def test_a_policy_is_retired_and_restored_unless_it_contradicts_what_came_since(
    owner: Client, world: World
):
    row = make_policy(world)
    retired = owner.post(reverse("policy-retire", args=[row.pk]), follow=True)
    assert "Retired" in said(retired)
    make_policy(world, name="cn only", rules={"regions": ["cn"]})
    refused = owner.post(reverse("policy-restore", args=[row.pk]), follow=True)
    assert "nothing is left" in said(refused)
    owner.post(reverse("policy-retire", args=[Policy.objects.get(name="cn only").pk]))
    restored = owner.post(reverse("policy-restore", args=[row.pk]), follow=True)
    assert "holds again" in said(restored)
    row.refresh_from_db()
    assert (row.enabled, row.version) == (True, 3)


def test_rules_that_cannot_be_read_are_shown_to_be_mended(owner: Client, world: World):
    row = make_policy(world)
    Policy.objects.filter(pk=row.pk).update(rules={"speed": 1})
    for path in (reverse("policies"), reverse("policy", args=[row.pk])):
        assert "lets no model through" in owner.get(path).content.decode()
    editor = owner.get(reverse("policy-edit", args=[row.pk]))
    assert "speed: 1" in editor.content.decode()
    kept = owner.post(reverse("policy-retire", args=[row.pk]), follow=True)
    assert "mend them in the editor" in said(kept)


def test_the_list_costs_the_same_queries_however_many_policies(
    owner: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
):
    for number in range(8):
        make_policy(world, name=f"p{number}", mode="MONITOR")
        denial(world, policy=f"p{number}")
    with django_assert_max_num_queries(14):
        answer = owner.get(reverse("policies"))
    assert [row.week["deny"] for row in answer.context["rows"]] == [1] * 8


def denial(world: World, **fields: Any) -> Decision:
    defaults: dict[str, Any] = {
        "at": timezone.now(), "org_id": world.org.pk, "team_id": world.team.pk, "kind": "policy",
        "outcome": "deny", "policy": "us only", "version": 1, "model": "sim/kimi-k2.6",
        "reason": "no model is left by us only v1: sim/kimi-k2.6 (region cn is not us)",
    }  # fmt: skip
    return Decision.objects.create(**defaults | fields)


def listed(client: Client, **query: Any) -> list[Any]:
    answer = client.get(reverse("decisions"), query)
    assert answer.status_code == 200, query
    return [row.decision.pk for row in answer.context["rows"]]


def test_the_log_is_filtered_by_all_that_it_knows(owner: Client, world: World):
    run = make_run(world.team)
    one = denial(world, run_id=run.pk)
    other = denial(world, outcome="warn", policy="p", version=2, team_id=world.sibling.pk,
                   model="sim/gpt-6-luna")  # fmt: skip
    old = denial(world, at=timezone.now() - timedelta(days=20))
    assert listed(owner) == [other.pk, one.pk]
    assert listed(owner, range="30d") == [old.pk, other.pk, one.pk]
    for query in (
        {"policy_outcome": "deny"}, {"policy": "us only"}, {"version": "v1"}, {"version": "1"},
        {"team": "eng"}, {"model": "sim/kimi-k2.6"}, {"run": str(run.pk)},
        {"policy_outcome": "deny", "kind": "policy", "policy": "us only", "team": "eng"},
    ):  # fmt: skip
        assert listed(owner, **query) == [one.pk], query
    assert listed(owner, team="nowhere") == []
    odd = owner.get(reverse("decisions"), {"run": "x", "version": "²", "policy": "a\x00"})
    assert "A run is named by its id" in odd.content.decode()


def test_older_decisions_stand_on_further_pages_without_repeats(owner: Client, world: World):
    made = [denial(world).pk for _ in range(53)]
    first = owner.get(reverse("decisions"))
    older = owner.get(first.context["older_url"])
    seen = [row.decision.pk for page in (first, older) for row in page.context["rows"]]
    assert seen == made[::-1]
    assert older.context["older_url"] == ""


def test_one_decision_shows_rule_grounds_actor_and_the_way_to_its_step(owner: Client, world: World):
    make_policy(world)
    run = make_run(world.team)
    removed = [{"model": "sim/kimi-k2.6", "reason": "policy", "detail": "us only v1: region cn"}]
    row = denial(
        world, run_id=run.pk, task_key="t 1", actor="key ci", candidates={"removed": removed},
        inputs={"limit_nanousd": 5_000_000_000},
    )  # fmt: skip
    page = owner.get(reverse("decision", args=[row.pk])).content.decode()
    for text in ("Only models that run in us", "removed by policy", "region cn", "key ci",
                 f"/runs/{run.pk}/?task=t+1", row.hash, "$5.00"):  # fmt: skip
        assert text in page, text


def test_a_change_is_shown_before_and_after(owner: Client, world: World):
    row = make_policy(world)
    softer = draft_from({"name": "us only", "mode": "SOFT", "rules": {"regions": ["us"]}})
    change_policy(row, softer, team=None, actor="grace", now=timezone.now())
    changed = Decision.objects.filter(kind="change").order_by("-position")[0]
    answer = owner.get(reverse("decision", args=[changed.pk]))
    turned = {(turn.field, turn.before, turn.after) for turn in answer.context["turns"]}
    assert ("Mode", "HARD", "SOFT") in turned
    assert ("Version", "1", "2") in turned


def test_a_replay_names_the_decisions_behind_each_number(owner: Client, world: World):
    run = make_run(world.team)
    considered = [{"model": name, "provider": provider, "mean": 0.9, "sd": 0.1, "n": 1,
                   "expected_cost_nanousd": 1000, "upper_bound_nanousd": 9000}
                  for name, provider in (("sim/kimi-k2.6", "sim-moonshot"),
                                         ("sim/gpt-6-luna", "sim-openai"))]  # fmt: skip
    chosen = denial(world, kind="route", outcome="allow", policy="", version=None, reason="",
                    run_id=run.pk, task_key="t1", candidates={"candidates": considered},
                    inputs={"task_type": "summarization"})  # fmt: skip
    only = denial(world, kind="route", outcome="allow", policy="", version=None, reason="",
                  run_id=run.pk, candidates={"candidates": considered[:1]},
                  inputs={"task_type": "summarization"})  # fmt: skip
    answer = saving(owner, do="replay", days="1", min_quality=None, max_cost_per_call_usd=None,
                    name="x")  # fmt: skip
    denied, rerouted, warned = answer.context["replayed"].groups
    assert [one.decision for one in denied.last] == [str(only.pk)]
    assert [(one.decision, one.instead) for one in rerouted.last] == [
        (str(chosen.pk), "sim/gpt-6-luna")
    ]
    assert (warned.count, answer.context["replayed"].runs) == (0, 1)
    assert reverse("decision", args=[chosen.pk]) in answer.content.decode()
    developer = client_of(make_user(world.org, role=Role.DEVELOPER))
    refused = saving(developer, do="replay").content.decode()
    assert "does not allow to read decisions" in refused or "Replay" not in refused


def test_the_run_page_says_what_policies_did(owner: Client, world: World):
    run = make_run(world.team)
    denial(world, run_id=run.pk, task_key="t1")
    removed = [{"model": "sim/kimi-k2.6", "reason": "policy", "policy": "us only", "version": 1,
                "detail": "us only v1: region cn is not us"}]  # fmt: skip
    for _ in range(2):
        denial(world, kind="route", outcome="allow", policy="", run_id=run.pk,
               candidates={"removed": removed})  # fmt: skip
    path = f"{reverse('run', args=[run.pk])}?tab=policies"
    page = owner.get(path).content.decode()
    for text in ("us only v1", "No model is left", "took models out of 2 of 2 choices",
                 "region cn is not us"):  # fmt: skip
        assert text in page, text
    developer = client_of(make_user(world.org, role=Role.DEVELOPER))
    seen = developer.get(path).content.decode()
    assert "us only v1" in seen and "/decisions/" not in seen
