"""Settings: the organisation, its teams, and what webhooks were sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from budgets.core.access import Role
from budgets.core.period import PeriodKind
from budgets.models import AlertChannel, AlertDelivery, Budget, Team, User
from budgets.models.org import HoldMode
from routing.models import Decision
from runs.models import WebhookDelivery
from runs.services.webhooks import secret_of
from tests.world import DOLLAR, World, make_budget, make_run, make_team, make_user

pytestmark = pytest.mark.django_db
ORG = "/settings/organisation/"
TEAMS = "/settings/teams/"
HOOKS = "/settings/webhooks/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(world: World) -> Client:
    return client_of(world.owner)


def change_org(owner: Client, **given: str) -> Any:
    fields = {"name": "Acme", "time_zone": "Europe/Berlin", "default_run_budget_usd": "3.50"}
    return owner.post(ORG, fields | given)


def test_an_organisation_is_changed_and_the_change_recorded(world: World, owner: Client):
    Budget.objects.all().delete()
    was = world.org.name
    assert change_org(owner).status_code == 302
    world.org.refresh_from_db()
    assert (world.org.name, world.org.time_zone) == ("Acme", "Europe/Berlin")
    assert world.org.default_run_budget_nanousd == 3 * DOLLAR + DOLLAR // 2
    change = Decision.objects.get(kind="change")
    assert (change.actor, change.org_id) == (world.owner.username, world.org.pk)
    assert change.inputs["what"] == "organisation"
    assert change.inputs["before"] == {
        "name": was, "time_zone": "UTC", "default_run_budget_usd": "2.00",
    }  # fmt: skip
    assert change.inputs["after"]["time_zone"] == "Europe/Berlin"
    change_org(owner)  # the same once more is no change
    assert Decision.objects.filter(kind="change").count() == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "Give it a name"),
        ({"time_zone": "Mars/Olympus"}, "not one of the available"),
        ({"default_run_budget_usd": "0"}, "above it"),
        ({"default_run_budget_usd": ""}, "a run without a limit"),
        ({"default_run_budget_usd": "much"}, "Not an amount"),
    ],
)
def test_an_organisation_that_cannot_be_is_refused(owner: Client, given: dict[str, str], said: str):
    Budget.objects.all().delete()
    answer = change_org(owner, **given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Decision.objects.filter(kind="change").exists()


def test_the_time_zone_stays_once_a_budget_has_periods(world: World, owner: Client):
    make_budget(org=world.org, period=PeriodKind.TOTAL)
    assert change_org(owner, time_zone="Asia/Tokyo").status_code == 302
    make_budget(world.team, period=PeriodKind.MONTH)
    assert "spent twice" in owner.get(ORG).content.decode()
    change_org(owner, time_zone="Europe/Paris", name="Renamed")
    world.org.refresh_from_db()
    assert (world.org.name, world.org.time_zone) == ("Renamed", "Asia/Tokyo")


def add_team(owner: Client, **given: str) -> Any:
    fields = {"name": "Data Science", "slug": "", "hold_mode": "forecast", "models": ""}
    return owner.post(TEAMS, fields | given)


def test_a_team_is_added_and_changed_and_both_recorded(world: World, owner: Client):
    assert add_team(owner).status_code == 302
    team = Team.objects.get(org=world.org, slug="data-science")
    assert (team.hold_mode, team.allowed_models) == (HoldMode.FORECAST, None)
    wanted = {"name": "Data", "hold_mode": "budget", "models": "sim/gpt-6-luna"}
    assert owner.post(f"{TEAMS}{team.pk}/", wanted).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.slug, team.allowed_models) == (
        "Data",
        "data-science",
        [wanted["models"]],
    )
    made, changed = Decision.objects.filter(kind="change").order_by("pk")
    assert (made.inputs["before"], made.team_id) == (None, team.pk)
    assert changed.inputs["before"] == made.inputs["after"]
    assert changed.inputs["after"] == {
        "name": "Data", "hold_mode": "budget", "allowed_models": ["sim/gpt-6-luna"],
    }  # fmt: skip
    assert "Data" in owner.get(TEAMS).content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "Give it a name"),
        ({"name": "ENGINEERING", "slug": "other"}, "There is a team ENGINEERING already"),
        ({"slug": "taken"}, "A team is called taken already"),
        ({"name": "数据"}, "letters a to z"),
        ({"slug": "no spaces"}, "valid"),
        ({"models": "sim/none"}, "There is no model"),
        ({"hold_mode": "never"}, "not one of the available"),
    ],
)
def test_a_team_that_cannot_be_is_refused(
    world: World, owner: Client, given: dict[str, str], said: str
):
    make_team(world.org, name="Engineering", slug="taken")
    answer = add_team(owner, **given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Decision.objects.filter(kind="change").exists()


def test_a_team_keeps_its_name_and_takes_no_other_teams(world: World, owner: Client):
    same = {"name": world.team.name, "hold_mode": "budget", "models": ""}
    assert owner.post(f"{TEAMS}{world.team.pk}/", same).status_code == 302
    theirs = owner.post(f"{TEAMS}{world.team.pk}/", same | {"name": world.sibling.name})
    assert theirs.status_code == 422
    assert not Decision.objects.filter(kind="change").exists()


def test_an_admin_of_a_team_changes_that_team_and_adds_none(world: World):
    admin = client_of(make_user(team=world.team, role=Role.ADMIN))
    assert admin.get(f"{TEAMS}{world.team.pk}/").status_code == 200
    assert admin.get(f"{TEAMS}{world.sibling.pk}/").status_code == 404
    assert add_team(admin).status_code == 403
    assert change_org(admin).status_code == 403
    assert "Add the team" not in admin.get(TEAMS).content.decode()


def test_settings_are_one_list_of_what_the_reader_may_open(world: World, owner: Client):
    def listed(client: Client) -> list[str]:
        return [one.name for one in client.get(reverse("sessions")).context["pages"]]

    assert listed(owner) == [
        "Organisation", "Teams", "Members", "API keys", "Providers and models", "Alerts",
        "Webhooks", "Password", "Sessions",
    ]  # fmt: skip
    assert listed(client_of(world.member)) == [
        "Organisation", "Teams", "Providers and models", "Password", "Sessions",
    ]  # fmt: skip


def test_who_is_a_member_of_nothing_is_led_to_what_is_their_own():
    page = client_of(make_user()).get(ORG, follow=True)
    assert page.redirect_chain == [(reverse("sessions"), 302)]
    assert [one.name for one in page.context["pages"]] == ["Password", "Sessions"]


def make_delivery(team: Team, **given: Any) -> WebhookDelivery:
    fields = {"url": "https://hooks.example.com/in", "event": "run.finished", "payload": {},
              "created_at": timezone.now()}  # fmt: skip
    return WebhookDelivery.objects.create(run=make_run(team), **fields | given)


def test_webhooks_show_what_came_of_each_and_the_secret(world: World, owner: Client):
    assert "Nothing was sent yet" in owner.get(HOOKS).content.decode()
    make_delivery(world.team, error="answered 500", tries=3,
                  next_try_at=timezone.now() + timedelta(minutes=5))  # fmt: skip
    channel = AlertChannel.objects.create(
        org=world.org, kind="webhook", target="https://x.example/", created_at=timezone.now(),
        created_by="x",
    )  # fmt: skip
    AlertDelivery.objects.create(
        channel=channel, payload={"subject": "Half is spent"}, created_at=timezone.now(),
        delivered_at=timezone.now(), response_status=204,
    )  # fmt: skip
    make_delivery(make_team(), url="https://elsewhere.example/")
    page = owner.get(HOOKS).content.decode()
    for said in ("answered 500", secret_of(world.team.pk), "Half is spent", "arrived, 204"):
        assert said in page
    assert "elsewhere.example" not in page


@pytest.mark.django_db(transaction=True)
def test_what_was_sent_is_sent_again(world: World, owner: Client):
    delivery = make_delivery(world.team, error="answered 500", tries=9)
    owner.post(f"{HOOKS}{delivery.pk}/again/")
    delivery.refresh_from_db()
    assert delivery.tries == 0
    assert delivery.next_try_at is not None
    assert OrmQ.objects.count() == 1
    theirs = make_delivery(make_team())
    assert owner.post(f"{HOOKS}{theirs.pk}/again/").status_code == 404


def test_no_more_queries_for_more_deliveries_and_teams(
    world: World, owner: Client, django_assert_max_num_queries: Any
):
    for number in range(6):
        make_delivery(make_team(world.org), url=f"https://hooks.example.com/{number}")
    for address in (HOOKS, TEAMS, ORG):
        with django_assert_max_num_queries(14):
            owner.get(address)
