"""The auditor's room of the admin site: proof, evidence and denials, for whose they are."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from budgets.core.access import Role
from routing.admin import room
from routing.core.policy_draft import draft_from
from routing.models import Decision, Policy, append_only
from routing.models.decision import HOUSE
from routing.services.policies import create_policy
from tests.world import World, make_org, make_run, make_task, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(world: World) -> Client:
    """Somebody of the organisation, without any right of the house."""
    client = Client()
    client.force_login(make_user(world.org, role=Role.AUDITOR, username="vera"))
    return client


def deny(world: World, number: int = 1, **fields: Any) -> Decision:
    defaults: dict[str, Any] = {
        "at": timezone.now(), "org_id": world.org.pk, "team_id": world.team.pk, "kind": "policy",
        "outcome": "deny", "policy": "us only", "version": 1, "reason": f"nobody is left {number}",
    }  # fmt: skip
    return Decision.objects.create(**defaults | fields)


def verified(client: Client, world: World, **given: str) -> Any:
    return client.post(reverse("admin:audit-verify", args=[world.org.pk]), given)


def test_an_auditor_enters_and_finds_the_room_and_only_what_it_needs(auditor: Client, world: World):
    page = auditor.get(reverse("admin:index"))
    assert page.status_code == 200
    text = page.content.decode()
    assert "Verify the chain" in text and "Export evidence" in text
    assert reverse("admin:budgets_org_changelist") not in text
    for closed in ("budgets_org", "budgets_apikey", "runs_run", "routing_model"):
        assert auditor.get(reverse(f"admin:{closed}_changelist")).status_code == 403, closed


@pytest.mark.parametrize("role", [Role.OWNER, Role.ANALYST, Role.DEVELOPER])
def test_other_roles_do_not_enter(world: World, role: Role):
    client = Client()
    client.force_login(make_user(world.org, role=role))
    assert client.get(reverse("admin:index")).status_code == 302


def test_an_auditor_sees_its_own_organisations_decisions_alone(auditor: Client, world: World):
    own = deny(world)
    other = deny(world, org_id=world.stranger.memberships.get().org_id, team_id=None)
    listed = auditor.get(reverse("admin:routing_decision_changelist"))
    assert {row.pk for row in listed.context["cl"].result_list} == {own.pk}
    change = "admin:routing_decision_change"
    assert auditor.get(reverse(change, args=[own.pk])).status_code == 200
    assert auditor.get(reverse(change, args=[other.pk])).status_code == 302  # to the index
    for name in ("audit-verify", "audit-head", "audit-evidence"):
        path = reverse(f"admin:{name}", args=[other.org_id])
        assert auditor.post(path).status_code in (404, 405), name
    assert "Elsewhere" not in listed.content.decode()


def test_one_click_proves_the_chain_with_head_number_and_time(auditor: Client, world: World):
    last = [deny(world, number) for number in range(3)][-1]
    page = verified(auditor, world).content.decode()
    assert "is whole" in page
    assert f"{last.position}:{last.hash}" in page
    head = auditor.get(reverse("admin:audit-head", args=[world.org.pk]))
    assert head.content.decode().strip() == f"{last.position}:{last.hash}"
    kept = f"{last.position}:{last.hash}"
    assert "still stands" in verified(auditor, world, anchor=kept).content.decode()
    gone = f"{last.position}:{'f' * 64}"
    assert "written anew" in verified(auditor, world, anchor=gone).content.decode()
    assert "is no head" in verified(auditor, world, anchor="²:x").content.decode()


def test_the_house_has_a_chain_that_operators_prove_with_the_same_button(
    auditor: Client, world: World
):
    last = deny(world, org_id=HOUSE, team_id=None, kind="change", outcome="allow", policy="")
    operator = Client()
    operator.force_login(make_user(is_staff=True, is_superuser=True))
    paths = {name: reverse(f"admin:audit-{name}", args=[HOUSE]) for name in ("verify", "head")}
    assert paths["verify"] in operator.get(reverse("admin:index")).content.decode()
    page = operator.post(paths["verify"]).content.decode()
    assert "The chain of the house is whole" in page
    assert f"1:{last.hash}" in page
    listed = operator.get(reverse("admin:routing_decision_changelist"), {"org_id": HOUSE})
    assert [row.pk for row in listed.context["cl"].result_list] == [last.pk]
    evidence = reverse("admin:audit-evidence", args=[HOUSE])
    pack: Any = operator.post(evidence, operator.get(evidence).context["form"].initial)
    files = zipfile.ZipFile(io.BytesIO(b"".join(pack.streaming_content)))
    assert last.hash in files.read("decisions.csv").decode()

    assert paths["verify"] not in auditor.get(reverse("admin:index")).content.decode()
    assert auditor.post(paths["verify"]).status_code == 404
    assert auditor.get(paths["head"]).status_code == 404
    assert auditor.get(evidence).status_code == 404


def test_more_organisations_ask_no_more_queries_of_the_first_page(
    world: World, django_assert_max_num_queries: Any
):
    operator = Client()
    operator.force_login(make_user(is_staff=True, is_superuser=True))
    with CaptureQueriesContext(connection) as before:
        operator.get(reverse("admin:index"))
    for _ in range(5):
        deny(world, org_id=make_org().pk, team_id=None)
    with django_assert_max_num_queries(len(before)):
        assert operator.get(reverse("admin:index")).content.decode().count("Verify the chain") > 7


def test_a_changed_decision_is_named(auditor: Client, world: World):
    rows = [deny(world, number) for number in range(3)]
    append_only.lift(connection)
    key = rows[1].pk if connection.vendor == "postgresql" else rows[1].pk.hex
    with connection.cursor() as cursor:
        cursor.execute("UPDATE routing_decision SET reason = 'x' WHERE id = %s", [key])
    page = verified(auditor, world).content.decode()
    assert f"Broken at decision {rows[1].position}" in page
    assert str(rows[1].pk) in page


def test_a_long_chain_is_walked_in_steps_that_nobody_can_skip(
    auditor: Client, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(room, "STEP", 2)
    rows = [deny(world, number) for number in range(5)]
    places, answer = [], verified(auditor, world)
    while place := answer.context["place"]:
        places.append(answer.context["walked"].seen.position)
        assert "whole so far" in answer.content.decode()
        answer = verified(auditor, world, place=place)
    assert places == [2, 4]
    assert answer.context["walked"].whole
    forged = verified(auditor, world, place="[1,4]")
    assert forged.context["walked"].seen.position == 2
    append_only.lift(connection)
    key = rows[3].pk if connection.vendor == "postgresql" else rows[3].pk.hex
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM routing_decision WHERE id = %s", [key])
    second = verified(auditor, world, place=verified(auditor, world).context["place"])
    assert second.context["walked"].broken.position == 4


def test_the_evidence_of_a_period_proves_itself(auditor: Client, world: World):
    draft = draft_from({"name": "us only", "mode": "HARD", "rules": {"regions": ["us"]}})
    create_policy(world.org.pk, draft, team=None, actor="ada", now=timezone.now())
    make_task(make_run(world.team), prompt="SECRET-PROMPT", output="SECRET-OUTPUT")
    deny(world)
    path = reverse("admin:audit-evidence", args=[world.org.pk])
    days = auditor.get(path).context["form"].initial
    answer: Any = auditor.post(path, days)
    pack = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    for line in pack.read("SHA256SUMS").decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(pack.read(name)).hexdigest() == digest, name
    assert "nobody is left" in pack.read("decisions.csv").decode() or pack.read("decisions.jsonl")
    assert pack.read("policies/us only-v1.yaml")
    assert json.loads(pack.read("chain.json"))["whole"] is True
    assert not any(b"SECRET" in pack.read(name) for name in pack.namelist())
    swapped = auditor.post(path, {"since": "2026-02-02", "until": "2026-02-01"})
    assert "swap them" in swapped.content.decode()


def test_denials_of_a_period_stand_by_rule_and_team(auditor: Client, world: World):
    for number in range(3):
        deny(world, number)
    deny(world, team_id=world.sibling.pk)
    deny(world, at=timezone.now() - timedelta(days=40))
    answer = auditor.get(reverse("admin:audit-denials"))
    rows = [(row["rule"], row["count"]) for row in answer.context["rows"]]
    assert rows == [("us only v1", 3), ("us only v1", 1)]
    url = answer.context["rows"][0]["url"]
    assert len(auditor.get(url).context["cl"].result_list) >= 3
    assert auditor.get(reverse("admin:audit-denials"), {"days": "x"}).status_code == 200


def test_the_auditor_meets_no_prompt_and_no_output(auditor: Client, world: World):
    run = make_run(world.team)
    make_task(run, prompt="SECRET-PROMPT", output="SECRET-OUTPUT")
    row = deny(world, run_id=run.pk, task_key="t1")
    draft = draft_from({"name": "us only", "mode": "HARD", "rules": {"regions": ["us"]}})
    create_policy(world.org.pk, draft, team=None, actor="ada", now=timezone.now())
    policy = Policy.objects.get()
    for path in (
        reverse("decisions"), reverse("decision", args=[row.pk]), reverse("policies"),
        reverse("policy", args=[policy.pk]), f"{reverse('policy-edit', args=[policy.pk])}?replay=7",
        f"{reverse('run', args=[run.pk])}?task=t1", f"{reverse('run', args=[run.pk])}?tab=policies",
        reverse("admin:routing_decision_change", args=[row.pk]),
        reverse("admin:routing_policy_change", args=[policy.pk]),
    ):  # fmt: skip
        answer = auditor.get(path)
        assert answer.status_code == 200, path
        assert "SECRET" not in answer.content.decode(), path
