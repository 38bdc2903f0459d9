"""Pages of budgets, alerts and keys without a browser: who may do what, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries

from budgets.core.access import Role, Scope
from budgets.core.errors import InvalidKey
from budgets.models import (
    AlertChannel,
    AlertDelivery,
    ApiKey,
    Budget,
    BudgetChange,
    BudgetPeriod,
    BudgetRaise,
    User,
)
from budgets.services.access import authenticate_key
from budgets.services.keys import create_key
from routing.models import Decision
from runs.services.budget_alerts import look_after_budgets
from runs.views.budget_forms import LOCAL
from tests.integration.budgets.spent import spend_daily
from tests.integration.runs.api import Api
from tests.world import DOLLAR, World, make_budget, make_run, make_user

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(world: World) -> Client:
    return client_of(world.owner)


@pytest.fixture
def budget(world: World) -> Budget:
    return make_budget(world.team)


def said(answer: Any) -> str:
    """Return the messages of the page that a form leads to."""
    return " ".join(str(message) for message in answer.context["messages"])


def raising(owner: Client, budget: Budget, **changes: str) -> Any:
    until = (timezone.now() + timedelta(days=1)).strftime(LOCAL)
    form = {"amount_usd": "5", "reason": "launch", "expires_at": until} | changes
    return owner.post(reverse("budget-raise", args=[budget.pk]), form, follow=True)


def changing(owner: Client, budget: Budget, **changes: str) -> Any:
    form = {"limit_usd": "10", "thresholds": "50", "forecast_thresholds": "", "reason": ""}
    return owner.post(reverse("budget-change", args=[budget.pk]), form | changes, follow=True)


def test_the_list_shows_limits_runs_what_was_blocked_and_who_changed_what(
    world: World, owner: Client, budget: Budget
):
    make_run(world.team, project="Translate the manual")
    Api(world.key).submit(budget_usd="9.00")
    changing(owner, budget, limit_usd="11", reason="two more people")
    page = owner.get(reverse("budgets")).content.decode()
    for text in ("Engineering", "Translate the manual", "A submission by key test", "$9.00",
                 "two more people", "Research", "Nothing stops what it spends"):  # fmt: skip
        assert text in page, text


def test_the_list_costs_the_same_queries_however_many_teams(
    world: World, owner: Client, django_assert_max_num_queries: DjangoAssertNumQueries
):
    for team in (world.team, world.sibling):
        make_budget(team)
        make_run(team)
        make_run(team)
    with django_assert_max_num_queries(32):
        owner.get(reverse("budgets"))


def test_a_budgets_page_shows_burn_down_forecast_and_past_periods(
    world: World, owner: Client, budget: Budget
):
    Budget.objects.update(created_at=timezone.now() - timedelta(days=90))
    spend_daily(world.team, [DOLLAR] * 7, now=timezone.now())
    past = timezone.now() - timedelta(days=70)
    BudgetPeriod.objects.create(
        budget=budget, starts_at=past, ends_at=past + timedelta(days=30),
        limit_nanousd=DOLLAR, spent_nanousd=2 * DOLLAR,
    )  # fmt: skip
    raising(owner, budget)
    page = owner.get(reverse("budget", args=[budget.pk])).content.decode()
    assert "Burn-down: " in page
    assert 'class="left" points="' in page
    assert " over</span>" in page
    assert "“launch”" in page
    assert "style=" not in page


@pytest.mark.parametrize("period", ["day", "week", "month", "total"])
def test_every_kind_of_period_is_drawn(owner: Client, world: World, budget: Budget, period: str):
    Budget.objects.update(period=period, created_at=timezone.now() - timedelta(days=40))
    spend_daily(world.team, [DOLLAR] * 7, now=timezone.now())
    assert owner.get(reverse("budget", args=[budget.pk])).status_code == 200


def test_a_form_changes_a_budget_and_says_so(owner: Client, budget: Budget):
    answer = changing(
        owner, budget, limit_usd="$1,200.50", thresholds="50, 80 %,100", reason="growth"
    )
    assert "counts from now on" in said(answer)
    budget.refresh_from_db()
    assert (budget.limit_nanousd, budget.thresholds) == (1_200_500_000_000, [50, 80, 100])
    assert budget.forecast_thresholds == []
    assert BudgetChange.objects.get().reason == "growth"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"limit_usd": "1"}, "cancel runs first"),
        ({"limit_usd": "much"}, "Not an amount"),
        ({"limit_usd": ""}, "required"),
        ({"thresholds": "half"}, "whole percentages"),
        ({"thresholds": "50, 0"}, "whole percentages"),
    ],
)
def test_a_form_that_cannot_be_is_refused_in_a_sentence(
    world: World, owner: Client, budget: Budget, changes: dict[str, str], sentence: str
):
    make_run(world.team)
    assert sentence in said(changing(owner, budget, **changes))
    assert not BudgetChange.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": " "}, "Say why"),
        ({"expires_at": "2020-01-01T10:00"}, "still to come"),
        ({"expires_at": "soon"}, "date and a time"),
        ({"expires_at": ""}, "required"),
        ({"amount_usd": "0"}, "above 0"),
    ],
)
def test_a_raise_that_cannot_be_is_refused_in_a_sentence(
    owner: Client, budget: Budget, changes: dict[str, str], sentence: str
):
    assert sentence in said(raising(owner, budget, **changes))
    assert not BudgetRaise.objects.exists()


def test_a_raise_is_made_and_taken_back(owner: Client, budget: Budget):
    assert "Raised by $5.00 until" in said(raising(owner, budget))
    made = BudgetRaise.objects.get()
    owner.post(reverse("raise-end", args=[budget.pk, made.pk]))
    made.refresh_from_db()
    assert made.ended_at is not None
    assert budget.periods.get().limit_nanousd == 10 * DOLLAR


def test_a_local_time_is_one_of_the_orgs_zone(world: World, owner: Client, budget: Budget):
    world.org.time_zone = "America/New_York"
    world.org.save(update_fields=["time_zone"])
    day = (timezone.now() + timedelta(days=2)).date()
    raising(owner, budget, expires_at=f"{day}T09:00")
    assert BudgetRaise.objects.get().expires_at.hour in (13, 14)


def test_a_team_without_a_budget_gets_one(world: World, owner: Client):
    form = {"limit_usd": "30", "period": "month", "thresholds": "50, 80, 100",
            "forecast_thresholds": "50, 80, 100"}  # fmt: skip
    url = reverse("budget-new", args=[f"team-{world.team.pk}"])
    assert "may spend $30.00" in said(owner.post(url, form, follow=True))
    assert "already" in said(owner.post(url, form, follow=True))
    owner.post(reverse("budget-new", args=[f"org-{world.org.pk}"]), form)
    assert Budget.objects.filter(org=world.org).count() == 2


@pytest.mark.parametrize("place", ["team-0", "org-0", "x", "team-x", "team-²"])
def test_a_place_that_is_none_is_not_there(owner: Client, place: str):
    url = f"/budgets/new/{place}/"
    assert owner.post(url, {}).status_code == 404


def test_another_orgs_budgets_channels_and_keys_are_not_there(world: World, budget: Budget):
    stranger = client_of(world.stranger)
    key = ApiKey.objects.filter(team=world.team)[0]
    channel = add_channel(client_of(world.owner), world)
    delivery = AlertDelivery.objects.create(channel=channel, payload={}, created_at=timezone.now())
    for name, args in (
        ("budget-change", [budget.pk]), ("budget-raise", [budget.pk]),
        ("raise-end", [budget.pk, 1]), ("channel-test", [channel.pk]),
        ("channel-gone", [channel.pk]), ("delivery-again", [delivery.pk]),
        ("key-revoke", [key.pk]), ("key-rotate", [key.pk]),
        ("budget-new", [f"team-{world.team.pk}"]), ("budget-new", [f"org-{world.org.pk}"]),
    ):  # fmt: skip
        assert stranger.post(reverse(name, args=args)).status_code == 404, name
    assert stranger.get(reverse("budget", args=[budget.pk])).status_code == 404
    assert ApiKey.objects.get(pk=key.pk).revoked_at is None


@pytest.mark.parametrize("role", list(Role))
def test_roles_do_what_the_table_says(world: World, budget: Budget, role: Role):
    client = client_of(make_user(team=world.team, role=role))
    may = role in (Role.OWNER, Role.ADMIN)
    assert client.get(reverse("budgets")).status_code == 200
    page = client.get(reverse("budget", args=[budget.pk])).content.decode()
    assert ("Limit and alerts" in page) is may
    assert changing(client, budget).status_code == (200 if may else 403)
    for name in ("alert-channels", "api-keys"):
        assert client.get(reverse(name)).status_code == (200 if may else 403)
    # A team's admin is told of its own budget, and of none of the org.
    assert client.get(reverse("budget", args=[make_budget(org=world.org).pk])).status_code == 404


def add_channel(owner: Client, world: World, **changes: str) -> AlertChannel:
    form = {"kind": "email", "place": f"org-{world.org.pk}", "target": "a@x.example"} | changes
    owner.post(reverse("alert-channels"), form)
    return AlertChannel.objects.latest("pk")


def test_a_channel_is_added_tried_and_removed(world: World, owner: Client):
    channel = add_channel(owner, world, kind="webhook", target="https://93.184.216.34/hook")
    owner.post(reverse("channel-test", args=[channel.pk]))
    delivery = AlertDelivery.objects.get()
    assert (delivery.alert, delivery.payload["type"]) == (None, "budget.test")
    page = owner.get(reverse("alert-channels")).content.decode()
    assert "whsec_" in page
    assert "on its way" in page
    owner.post(reverse("delivery-again", args=[delivery.pk]))
    owner.post(reverse("channel-gone", args=[channel.pk]))
    channel.refresh_from_db()
    assert channel.removed_at is not None
    assert owner.post(reverse("channel-test", args=[channel.pk])).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [{"target": "nobody"}, {"kind": "webhook", "target": "http://127.0.0.1/"}, {"place": "org-0"}],
)
def test_a_channel_that_cannot_be_is_refused(world: World, owner: Client, changes: dict[str, str]):
    form = {"kind": "email", "place": f"org-{world.org.pk}", "target": "a@x.example"} | changes
    answer = owner.post(reverse("alert-channels"), form)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not AlertChannel.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_what_a_page_asked_for(world: World, owner: Client):
    channel = add_channel(owner, world)
    owner.post(reverse("channel-test", args=[channel.pk]))
    (job,) = OrmQ.objects.all()
    assert job.func() == "runs.jobs.deliver_alert"
    OrmQ.objects.all().delete()
    look_after_budgets(timezone.now())
    assert OrmQ.objects.count() == 1  # a lost ring is rung again


def making(owner: Client, world: World, **changes: Any) -> Any:
    form = {"name": "ci", "team": world.team.pk, "scopes": ["runs:read"], "models": "",
            "expires_at": ""} | changes  # fmt: skip
    return owner.post(reverse("api-keys"), form)


def test_a_key_is_shown_once_and_opens_what_it_says(world: World, owner: Client):
    answer = making(owner, world, models="sim/gpt-6-luna")
    assert answer.status_code == 201
    raw = answer.context["made"].raw
    assert raw in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    caller = authenticate_key(raw, timezone.now())
    assert caller.models == frozenset({"sim/gpt-6-luna"})
    assert raw not in owner.get(reverse("api-keys")).content.decode()
    key = ApiKey.objects.get(name="ci")
    assert key.created_by == world.owner
    change = Decision.objects.get(kind="change")
    assert (change.inputs["what"], change.actor) == ("key", world.owner.username)
    assert raw not in str(change.inputs)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "required"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": ["everything"]}, "not one of the available"),
        ({"models": "sim/none"}, "There is no model"),
        ({"expires_at": "2020-01-01T00:00"}, "still to come"),
        ({"team": "0"}, "not one of the available"),
    ],
)
def test_a_key_that_cannot_be_is_refused(
    world: World, owner: Client, changes: dict[str, Any], sentence: str
):
    answer = making(owner, world, **changes)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ApiKey.objects.filter(name="ci").exists()


def test_a_form_sent_twice_makes_one_key(world: World, owner: Client):
    making(owner, world)
    assert making(owner, world).status_code == 422
    assert ApiKey.objects.filter(name="ci").count() == 1


def test_a_revoked_key_opens_nothing(world: World, owner: Client):
    raw = making(owner, world).context["made"].raw
    owner.post(reverse("key-revoke", args=[ApiKey.objects.get(name="ci").pk]))
    with pytest.raises(InvalidKey):
        authenticate_key(raw, timezone.now())


def test_a_rotated_key_and_its_follower_both_open_until_the_overlap_is_over(
    world: World, owner: Client
):
    raw = making(owner, world, models="sim/gpt-6-luna").context["made"].raw
    old = ApiKey.objects.get(name="ci")
    answer = owner.post(reverse("key-rotate", args=[old.pk]), {"overlap": "1"})
    new = answer.context["made"].raw
    now = timezone.now()
    assert authenticate_key(new, now).models == authenticate_key(raw, now).models
    with pytest.raises(InvalidKey):
        authenticate_key(raw, now + timedelta(hours=1))
    assert authenticate_key(new, now + timedelta(days=400)).api_key_id
    assert ApiKey.objects.get(name="ci").pk != old.pk
    owner.post(reverse("key-revoke", args=[old.pk]))
    assert owner.post(reverse("key-rotate", args=[old.pk])).status_code == 302


def test_rotating_and_revoking_a_key_are_recorded_without_any_key(world: World, owner: Client):
    raw = making(owner, world).context["made"].raw
    old = ApiKey.objects.get(name="ci")
    new = owner.post(reverse("key-rotate", args=[old.pk]), {"overlap": "1"}).context["made"].raw
    owner.post(reverse("key-revoke", args=[old.pk]))
    made, ended, followed, revoked = Decision.objects.filter(kind="change").order_by("pk")
    assert {one.actor for one in (made, ended, followed, revoked)} == {world.owner.username}
    assert made.inputs["after"]["expires_at"] is None
    assert ended.inputs["before"] == made.inputs["after"]
    assert ended.inputs["after"]["expires_at"] is not None
    assert followed.inputs["before"] is None
    assert revoked.inputs["before"] == ended.inputs["after"]
    assert revoked.inputs["after"] is None
    told = str([one.inputs for one in (made, ended, followed, revoked)])
    assert raw not in told and new not in told


def test_a_rotated_key_that_expires_is_followed_by_one_that_lasts_as_long(
    world: World, owner: Client
):
    now = timezone.now()
    key, _ = create_key(
        team=world.team, name="short", scopes=[Scope.RUNS_READ], expires_at=now + timedelta(days=9)
    )
    owner.post(reverse("key-rotate", args=[key.pk]), {"overlap": "24"})
    follower = ApiKey.objects.get(name="short")
    assert follower.expires_at is not None
    assert abs(follower.expires_at - now - timedelta(days=9)) < timedelta(minutes=1)
