"""An archived team takes no runs and its keys open nothing; what was stays, and it comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from budgets.core.access import Caller, Role, Scope
from budgets.core.errors import InvalidChange
from budgets.models import ApiKey, Team
from budgets.services.access import authenticate_key, caller_now
from budgets.services.keys import issue_key, rotate_key
from budgets.services.tenants import archive_team
from routing.models import Decision
from routing.services.audit import chain_report
from runs.core.status import RunStatus
from runs.models import Run
from tests.world import World, make_run, make_team, make_user

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/runs/"
BY = Caller(name="ada")


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def archive(team: Team, archived: bool = True) -> bool:
    return archive_team(team, archived, by=BY, now=timezone.now())


def submitted(client: Client, key: str | None = None, **body: Any) -> Any:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    text = json.dumps({"project": "p"} | body)
    return client.post(RUNS, text, content_type="application/json", headers=headers)


def switched(client: Client, team: Team, on: str) -> Any:
    return client.post(f"/settings/teams/{team.pk}/archive/", {"on": on}, follow=True)


def test_archiving_and_restoring_stand_in_the_chain_with_who_did_it(world: World):
    owner = client_of(world.owner)
    assert "takes no more runs" in switched(owner, world.team, "1").content.decode()
    assert "archived" in owner.get("/settings/teams/").content.decode()
    assert "Restore" in owner.get(f"/settings/teams/{world.team.pk}/").content.decode()
    switched(owner, world.team, "1")  # once more is no change
    assert "takes runs again" in switched(owner, world.team, "0").content.decode()
    gone, back = Decision.objects.filter(kind="change").order_by("position")
    assert (gone.inputs["before"], gone.inputs["after"]) == (
        {"archived": False},
        {"archived": True},
    )
    assert back.inputs["after"] == {"archived": False}
    assert {gone.actor, back.actor} == {world.owner.username}
    assert gone.team_id == world.team.pk
    assert chain_report(world.org.pk).whole


def test_its_keys_open_nothing_and_say_why_until_it_is_restored(client: Client, world: World):
    opened = authenticate_key(world.key, timezone.now())
    archive(world.team)
    for answer in (submitted(client, world.key), client.get(RUNS, headers=bearer(world.key))):
        assert answer.status_code == 401
        assert "Engineering of this API key is archived" in answer.json()["detail"]
    assert caller_now(opened, timezone.now()) is None  # what is open, such as a stream, ends
    assert client.get(RUNS, headers=bearer(world.sibling_key)).status_code == 200
    archive(world.team, archived=False)
    assert submitted(client, world.key).status_code == 201


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_no_run_is_taken_nor_gone_on_with_and_each_way_says_why(world: World):
    run = make_run(world.team, status=RunStatus.TIMEOUT)
    archive(world.team)
    owner = client_of(world.owner)
    named = submitted(owner, team="eng", resume="never")
    assert (named.status_code, list(named.json()["errors"])) == (422, ["team"])
    assert "is archived and takes no runs" in named.json()["errors"]["team"][0]
    again = submitted(owner, resume=str(run.pk))
    assert (again.status_code, list(again.json()["errors"])) == (422, ["resume"])
    direct = owner.post(f"{RUNS}{run.pk}/resume/", "{}", content_type="application/json")
    assert direct.status_code == 409
    assert "is archived" in direct.json()["detail"]
    form = {"budget_usd": "9", "time_limit_minutes": "5"}
    for path, given in (("resume", form), ("rerun", {})):
        page = owner.post(f"/runs/{run.pk}/{path}/", given, follow=True).content.decode()
        assert "Engineering is archived" in page, path
    assert Run.objects.count() == 1


def test_who_is_in_several_teams_pays_with_the_one_that_is_left(world: World):
    archive(world.team)
    owner = client_of(world.owner)
    made = submitted(owner, resume="never")
    assert (made.status_code, made.json()["team"]) == (201, world.sibling.slug)
    assert world.team.name not in owner.get("/runs/new/").content.decode().partition("<form")[2]
    alone = client_of(world.member)
    assert submitted(alone).status_code == 422
    assert "takes no runs" in alone.get("/runs/new/", follow=True).content.decode()


def test_no_budget_is_wanted_for_what_spends_nothing(world: World):
    owner = client_of(world.owner)
    assert "Set a budget" in owner.get("/budgets/").content.decode()
    archive(world.team)
    archive(world.sibling)
    assert f'data-opens="new-team-{world.team.pk}"' not in owner.get("/budgets/").content.decode()


def test_what_was_stays_and_what_is_under_way_can_be_cancelled(world: World):
    run = make_run(world.team)
    archive(world.team)
    owner = client_of(world.owner)
    assert owner.get(f"/runs/{run.pk}/").status_code == 200
    assert owner.get(RUNS).json()["results"][0]["id"] == str(run.pk)
    cancelled = owner.post(f"{RUNS}{run.pk}/cancel/", "{}", content_type="application/json")
    assert cancelled.json()["status"] == "CANCELLED"


def test_no_key_is_made_or_rotated_and_one_can_be_revoked(world: World):
    archive(world.team)
    key = ApiKey.objects.filter(team=world.team).earliest("pk")
    now = timezone.now()
    with pytest.raises(InvalidChange, match="archived"):
        issue_key(
            team=Team.objects.get(pk=world.team.pk), name="n", scopes=[Scope.RUNS_READ],
            allowed_models=None, expires_at=None, by=BY, now=now,
        )  # fmt: skip
    with pytest.raises(InvalidChange, match="archived"):
        rotate_key(key, overlap=now - now, by=BY, now=now)
    with pytest.raises(CommandError, match="archived"):
        call_command("create_api_key", f"{world.org.slug}/eng", scopes="all")
    owner = client_of(world.owner)
    page = owner.get("/settings/keys/").content.decode()
    assert "Opens nothing while its team is archived" in page
    assert f'data-opens="rotate-{key.pk}"' not in page
    owner.post(f"/settings/keys/{key.pk}/revoke/")
    key.refresh_from_db()
    assert key.revoked_at is not None


@pytest.mark.parametrize("role", [Role.ANALYST, Role.DEVELOPER, Role.AUDITOR])
def test_others_archive_nothing(world: World, role: Role):
    other = client_of(make_user(world.org, role=role))
    assert other.post(f"/settings/teams/{world.team.pk}/archive/", {"on": "1"}).status_code == 403
    stranger = client_of(world.stranger)
    assert stranger.post(f"/settings/teams/{world.team.pk}/archive/").status_code == 404
    assert Team.objects.filter(archived_at=None).count() == Team.objects.count()


def test_the_office_shows_it_and_does_not_set_it(world: World):
    boss = make_user(is_staff=True, is_superuser=True)
    office, team = client_of(boss), make_team(world.org)
    path = f"/admin/budgets/team/{team.pk}/change/"
    fields = {"name": team.name, "slug": team.slug, "hold_mode": "budget", "allowed_models": "null"}
    office.post(path, fields | {"archived_at_0": "2026-01-01", "archived_at_1": "00:00"})
    team.refresh_from_db()
    assert team.archived_at is None
