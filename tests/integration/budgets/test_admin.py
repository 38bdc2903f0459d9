"""The back office: tenants can be edited, money only looked at."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from budgets.core.access import Caller, Role, Scope
from budgets.core.charge import Charge
from budgets.core.errors import InvalidChange, InvalidKey
from budgets.core.period import PeriodKind
from budgets.models import Budget, Membership, SignIn, User
from budgets.services.access import authenticate_key
from budgets.services.keys import create_key
from budgets.services.limits import Wanted, create_budget
from routing.models import Decision
from telemetry.models import Event
from tests.integration.budgets.world import make_world, period_of, reserve, settle

pytestmark = pytest.mark.django_db

MONEY = ["budgetperiod", "hold", "reservation", "ledgerline", "apikey"]


@pytest.fixture
def office(client: Client) -> Client:
    user = User.objects.create(username="root", email="r@x.example", is_staff=True)
    user.is_superuser = True
    user.save()
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", [*MONEY, "org", "team", "membership", "budget", "user"])
def test_every_list_opens(office: Client, name: str) -> None:
    world = make_world()
    settle(reserve(world.hold(100), 10)[0], Charge.exact(3))
    create_key(team=world.eng, name="ci", scopes=[Scope.ADMIN])
    assert office.get(reverse(f"admin:budgets_{name}_changelist")).status_code == 200


@pytest.mark.parametrize("name", MONEY)
def test_nobody_adds_money_by_hand(office: Client, name: str) -> None:
    assert office.get(reverse(f"admin:budgets_{name}_add")).status_code == 403


def test_nobody_changes_or_deletes_a_counter_by_hand(office: Client) -> None:
    world = make_world()
    world.hold(100)
    period = period_of(None, world.org)
    for view in ("change", "delete"):
        url = reverse(f"admin:budgets_budgetperiod_{view}", args=[period.pk])
        assert office.post(url, {"held_nanousd": 0, "post": "yes"}).status_code == 403
    assert period_of(None, world.org).held_nanousd == 100


def test_a_key_is_shown_without_its_digest(office: Client) -> None:
    key, raw = create_key(team=make_world().eng, name="ci", scopes=[Scope.ADMIN])
    page = office.get(reverse("admin:budgets_apikey_change", args=[key.pk])).content.decode()
    assert key.prefix in page
    assert key.digest not in page
    assert raw not in page


def test_a_key_revoked_in_the_office_opens_nothing(office: Client) -> None:
    team = make_world().eng
    revoked, raw = create_key(team=team, name="ci", scopes=[Scope.ADMIN])
    _, other = create_key(team=team, name="cd", scopes=[Scope.ADMIN])
    office.post(
        reverse("admin:budgets_apikey_changelist"),
        {"action": "revoke", "_selected_action": [revoked.pk]},
    )
    with pytest.raises(InvalidKey):
        authenticate_key(raw, timezone.now())
    assert authenticate_key(other, timezone.now()).api_key_id


def test_a_limit_changed_in_the_office_counts_at_once_and_bears_a_name(office: Client) -> None:
    world = make_world(eng_limit=100)
    world.hold(100)
    budget = Budget.objects.get(team=world.eng)
    url = reverse("admin:budgets_budget_change", args=[budget.pk])
    form = {"limit_nanousd": 700, "thresholds": "[50]", "forecast_thresholds": "[]"}
    answer = office.post(url, form | {"period": "day"})
    assert answer.status_code == 302
    budget.refresh_from_db()
    assert (budget.limit_nanousd, budget.period, budget.thresholds) == (700, "month", [50])
    event = Event.objects.get(type="budget.changed")
    assert (event.payload["actor"], event.payload["limit_nanousd"]) == ("root", 700)


@pytest.mark.parametrize(
    "changes", [{"limit_nanousd": 99}, {"thresholds": "[0]"}, {"forecast_thresholds": "7000"}]
)
def test_what_no_budget_may_be_is_refused_in_the_office_too(
    office: Client, changes: dict[str, Any]
) -> None:
    world = make_world(eng_limit=100)
    world.hold(100)
    budget = Budget.objects.get(team=world.eng)
    url = reverse("admin:budgets_budget_change", args=[budget.pk])
    form = {"limit_nanousd": 700, "thresholds": "[50]", "forecast_thresholds": "[50]"}
    assert office.post(url, form | changes).status_code == 200
    budget.refresh_from_db()
    assert (budget.limit_nanousd, budget.thresholds) == (100, [50, 80, 100])


def test_a_budget_made_in_the_office_bears_a_name(office: Client) -> None:
    world = make_world(eng_limit=None)
    form = {"org": world.org.pk, "team": world.eng.pk, "period": "week", "limit_nanousd": 5,
            "thresholds": "[50]", "forecast_thresholds": "[]"}  # fmt: skip
    assert office.post(reverse("admin:budgets_budget_add"), form).status_code == 302
    assert Budget.objects.get(team=world.eng).changes.get().actor == "root"


def test_a_person_can_be_added_with_an_address(office: Client) -> None:
    form = {
        "username": "ann",
        "email": "ann@x.example",
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }
    assert office.post(reverse("admin:budgets_user_add"), form).status_code == 302
    ann = User.objects.get(username="ann")
    assert office.get(reverse("admin:budgets_user_change", args=[ann.pk])).status_code == 200
    form |= {"username": "second", "email": "ANN@x.example"}
    assert office.post(reverse("admin:budgets_user_add"), form).status_code == 200
    assert not User.objects.filter(username="second").exists()


def member(world: Any, name: str, role: Role, **fields: Any) -> Membership:
    user = User.objects.create(username=name, email=f"{name}@x.example")
    return Membership.objects.create(user=user, org=world.org, role=role, **fields)


def test_the_last_owner_stays_owner_member_and_switched_on(office: Client) -> None:
    owner = member(make_world(), "ann", Role.OWNER)
    change = reverse("admin:budgets_membership_change", args=[owner.pk])
    delete = reverse("admin:budgets_membership_delete", args=[owner.pk])
    person = reverse("admin:budgets_user_change", args=[owner.user_id])
    form = {"username": "ann", "email": "ann@x.example", "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00"}  # fmt: skip

    assert "last owner" in office.post(change, {"role": "admin"}).content.decode()
    assert office.post(delete, {"post": "yes"}).status_code == 403
    assert "last owner" in office.post(person, form).content.decode()
    owner.refresh_from_db()
    assert (owner.role, owner.user.is_active) == ("owner", True)


def test_one_of_two_owners_may_go_and_it_is_recorded(office: Client) -> None:
    world = make_world()
    first, second = member(world, "ann", Role.OWNER), member(world, "ben", Role.OWNER)
    change = reverse("admin:budgets_membership_change", args=[first.pk])
    assert office.post(change, {"role": "admin"}).status_code == 302
    first.refresh_from_db()
    assert first.role == "admin"
    delete = reverse("admin:budgets_membership_delete", args=[first.pk])
    assert office.post(delete, {"post": "yes"}).status_code == 302
    assert Membership.objects.get() == second
    assert [one.actor for one in recorded("member")] == ["root", "root"]


def test_a_member_added_in_the_office_is_of_a_team_of_that_organisation(office: Client) -> None:
    world, other = make_world(), make_world(slug="other")
    user = User.objects.create(username="ann", email="ann@x.example")
    form = {"user": user.pk, "org": world.org.pk, "team": other.eng.pk, "role": "owner"}
    add = reverse("admin:budgets_membership_add")
    assert "is no team of" in office.post(add, form).content.decode()
    assert office.post(add, form | {"team": world.eng.pk}).status_code == 302
    assert Membership.objects.get().team == world.eng
    assert [one.actor for one in recorded("member")] == ["root"]


def test_a_budget_made_in_the_office_is_of_a_team_of_that_organisation(office: Client) -> None:
    world, other = make_world(), make_world(slug="other")
    Budget.objects.filter(team=other.eng).delete()
    form = {
        "org": world.org.pk, "team": other.eng.pk, "period": "month", "limit_nanousd": 10**9,
        "thresholds": "[50]", "forecast_thresholds": "[50]",
    }  # fmt: skip
    add = reverse("admin:budgets_budget_add")
    assert "is no team of" in office.post(add, form).content.decode()
    by = Caller(name="ada")
    with pytest.raises(InvalidChange, match="is no team of"):
        create_budget(
            org=world.org, team=other.eng, period=PeriodKind.MONTH, wanted=Wanted(1), by=by,
            now=timezone.now(),
        )  # fmt: skip
    assert not Budget.objects.filter(team=other.eng).exists()
    assert office.post(add, form | {"org": other.org.pk}).status_code == 302
    twice = office.post(add, form | {"org": other.org.pk})
    assert twice.status_code == 200  # a second one, whose periods would overlap
    assert Budget.objects.filter(team=other.eng).count() == 1


def test_people_orgs_and_teams_are_changed_under_ones_name_and_never_deleted(
    office: Client,
) -> None:
    world = make_world()
    ann = member(world, "ann", Role.DEVELOPER).user
    rows = {"org": world.org.pk, "team": world.eng.pk, "user": ann.pk}
    for name, pk in rows.items():
        delete = reverse(f"admin:budgets_{name}_delete", args=[pk])
        assert office.post(delete, {"post": "yes"}).status_code == 403
    form = {
        "name": "Acme",
        "slug": "acme",
        "default_run_budget_nanousd": 5,
        "time_zone": "Asia/Tokyo",
    }
    change = reverse("admin:budgets_org_change", args=[world.org.pk])
    assert office.post(change, form).status_code == 302
    world.org.refresh_from_db()
    assert (world.org.default_run_budget_nanousd, world.org.time_zone) == (5, "UTC")
    (one,) = recorded("organisation")
    assert (one.actor, one.org_id) == ("root", world.org.pk)
    assert one.inputs["after"]["default_run_budget_nanousd"] == 5


def test_rights_given_to_a_person_are_recorded_and_no_password_is(office: Client) -> None:
    ann = User.objects.create_user("ann", "ann@x.example", "correct horse battery")
    group = Group.objects.create(name="auditors")
    form = {"username": "ann", "email": "ann@x.example", "is_active": "on", "is_staff": "on",
            "groups": [group.pk], "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00:00"}  # fmt: skip
    change = reverse("admin:budgets_user_change", args=[ann.pk])
    assert office.post(change, form).status_code == 302
    (one,) = recorded("person")
    assert one.inputs["before"]["is_staff"] is False
    assert one.inputs["after"]["is_staff"] is True
    assert one.inputs["after"]["groups"] == ["auditors"]
    assert "argon2" not in str(one.inputs)


def test_a_session_ended_in_the_office_opens_nothing(office: Client) -> None:
    ann, browser = User.objects.create(username="ann", email="ann@x.example"), Client()
    browser.force_login(ann)
    assert browser.get("/settings/sessions/").status_code == 200
    row = SignIn.objects.get(user=ann)
    page = office.get(reverse("admin:budgets_signin_changelist")).content.decode()
    assert row.session_key not in page
    office.post(
        reverse("admin:budgets_signin_changelist"), {"action": "end", "_selected_action": [row.pk]}
    )
    assert browser.get("/settings/sessions/").status_code == 302


def recorded(what: str) -> list[Decision]:
    rows = Decision.objects.filter(kind="change").order_by("pk")
    return [row for row in rows if row.inputs.get("what") == what]
