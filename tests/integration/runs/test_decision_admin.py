"""The auditor's room: every denial by rule and team, and nothing to be changed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from routing.core.policy_draft import draft_from
from routing.models import Decision, Model, Policy
from routing.services.policies import create_policy
from tests.world import World, make_run, make_user

pytestmark = pytest.mark.django_db
LIST = "admin:routing_decision_changelist"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user(username="boss", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def denial(world: World) -> Decision:
    draft = draft_from({"name": "us only", "mode": "HARD", "rules": {"regions": ["us"]}})
    create_policy(world.org.pk, draft, team=None, actor="ada", now=timezone.now())
    return decide(world, reason="nobody <b>is</b> left")


def decide(world: World, **fields: Any) -> Decision:
    defaults: dict[str, Any] = {
        "at": timezone.now(), "org_id": world.org.pk, "team_id": world.team.pk, "kind": "policy",
        "outcome": "deny", "policy": "us only", "version": 1, "model": "sim/kimi-k2.6",
        "run_id": make_run(world.team).pk, "task_key": "t1",
        "candidates": {"removed": [{"model": "sim/kimi-k2.6", "reason": "policy",
                                    "detail": "us only v1: region cn is not us"}]},
    }  # fmt: skip
    return Decision.objects.create(**defaults | fields)


def listed(client: Client, **query: Any) -> set[Any]:
    answer = client.get(reverse(LIST), query)
    assert answer.status_code == 200, query
    return {row.pk for row in answer.context["cl"].result_list}


def test_denials_are_filtered_by_rule_team_model_run_and_time(
    client: Client, world: World, denial: Decision
):
    other = decide(world, policy="", version=None, outcome="warn", team_id=world.sibling.pk,
                   model="sim/gpt-6-luna")  # fmt: skip
    for query in (
        {"outcome__exact": "deny"}, {"policy": "us only", "kind__exact": "policy"},
        {"team_id": world.team.pk}, {"model": "sim/kimi-k2.6"}, {"q": str(denial.run_id)},
        {"policy": "us only", "version": "1", "outcome__exact": "deny"},
        {"org_id": world.org.pk, "outcome__exact": "deny", "at__gte": "2020-01-01 00:00:00+00:00"},
    ):  # fmt: skip
        found = listed(client, **query)
        assert denial.pk in found and other.pk not in found, query
    assert listed(client, team_id="x") == listed(client, model="none") == set()


def test_one_decision_shows_rule_candidates_and_the_way_to_its_step(
    client: Client, denial: Decision
):
    answer = client.get(reverse("admin:routing_decision_change", args=[denial.pk]))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "regions:\n  - us" in page or "regions:\n- us" in page.replace("  -", "-")
    assert "us only v1: region cn is not us" in page
    assert f"/runs/{denial.run_id}/?task=t1" in page
    assert denial.hash in page
    assert "nobody &lt;b&gt;is&lt;/b&gt; left" in page
    assert 'name="_save"' not in page


def test_not_even_a_superuser_changes_or_deletes_a_decision_or_policy(
    client: Client, denial: Decision
):
    policy = Policy.objects.get()
    for name, pk in (("decision", denial.pk), ("policy", policy.pk)):
        delete = reverse(f"admin:routing_{name}_delete", args=[pk])
        assert client.post(delete, {"post": "yes"}).status_code == 403
        change = reverse(f"admin:routing_{name}_change", args=[pk])
        assert client.post(change, {"reason": "x"}).status_code == 403
        assert client.get(change).status_code == 200
        assert client.get(reverse(f"admin:routing_{name}_add")).status_code == 403


def test_changes_of_models_are_in_the_log_of_the_house(client: Client):
    fields = {"name": "mistral/new", "tier": "economy", "task_types": "null", "tags": "null",
              "reasoning": "unknown", "enabled": "on"}  # fmt: skip
    client.post(reverse("admin:routing_model_add"), fields)
    row = Model.objects.get()
    client.post(reverse("admin:routing_model_change", args=[row.pk]), fields | {"tier": "premium"})
    client.post(reverse("admin:routing_model_delete", args=[row.pk]), {"post": "yes"})

    made, changed, gone = Decision.objects.filter(kind="change", org_id=0).order_by("position")
    assert {one.actor for one in (made, changed, gone)} == {"boss"}
    assert (made.model, made.inputs["before"]) == ("mistral/new", None)
    assert changed.inputs["before"]["tier"] == "economy"
    assert changed.inputs["after"]["tier"] == "premium"
    assert gone.inputs["after"] is None
