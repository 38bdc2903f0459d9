"""The whole back office: every table can be searched, none can break the ledger or the chain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection, models
from django.forms.models import model_to_dict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from budgets.core.access import Role
from budgets.core.charge import Charge
from budgets.models import (
    AlertChannel,
    AlertDelivery,
    ApiKey,
    Budget,
    BudgetAlert,
    BudgetChange,
    BudgetPeriod,
    BudgetRaise,
    Hold,
    Invitation,
    LedgerLine,
    Membership,
    Org,
    Reservation,
    SignIn,
    Team,
    User,
)
from config.office import SIDEBAR
from routing.core.policy_draft import draft_from
from routing.models import (
    Breaker,
    Decision,
    Model,
    Policy,
    PriceOverride,
    QualityProfile,
    RateLimit,
)
from routing.services.policies import create_policy
from runs.models import Feedback, Run, Task, WebhookDelivery
from telemetry.admin.kinds import TableAdmin
from telemetry.models import Call, Event
from tests.integration.budgets.world import reserve, settle
from tests.world import World, make_call, make_event, make_key, make_run, make_task, make_user

pytestmark = pytest.mark.django_db

# What happened: no request to the office may change or remove a row of these, or add one.
HAPPENED: list[type[models.Model]] = [
    LedgerLine, Hold, Reservation, BudgetPeriod, Call, Run, Task, Policy,
]  # fmt: skip
# A change that is allowed is told in these; what they hold already stays as it is.
TOLD: list[type[models.Model]] = [Decision, Event, BudgetChange]


def tables() -> list[TableAdmin]:
    return list(admin.site._registry.values())  # type: ignore[arg-type]


def furnish(world: World, mark: str) -> None:
    """Write a row into every table that the office shows; `mark` keeps names apart."""
    now, later = timezone.now(), timezone.now() + timedelta(days=1)
    team = Team.objects.create(org=world.org, name=f"Team {mark}", slug=f"team-{mark}")
    budget = Budget.objects.create(org=world.org, team=team, period="month", limit_nanousd=10**12)
    run = make_run(team)
    task = make_task(run, output="text")
    assert run.hold is not None
    settle(reserve(run.hold, 10)[0], Charge.exact(3))
    make_call(run)
    make_event(run)
    user = make_user(team=team)
    make_key(team, name=f"key {mark}")
    draft = draft_from({"name": f"rule {mark}", "mode": "HARD", "rules": {"regions": ["us"]}})
    create_policy(world.org.pk, draft, team=None, actor="ada", now=now)
    Model.objects.create(name=f"model-{mark}")
    PriceOverride.objects.create(model=f"m-{mark}", starts_at=now, input_usd=1, output_usd=1)
    RateLimit.objects.create(scope="provider", name=f"p-{mark}", requests_per_minute=5)
    Breaker.objects.create(model=f"m-{mark}", state="OPEN", updated_at=now)
    QualityProfile.objects.create(
        org_id=world.org.pk, model=f"m-{mark}", task_type="qa", updated_at=now
    )
    Feedback.objects.create(task=task, score=0.5, by=user, at=now)
    WebhookDelivery.objects.create(
        run=run, url="https://hooks.example/", event="run.finished", payload={}, created_at=now
    )
    period = BudgetPeriod.objects.get(budget=budget)
    alert = BudgetAlert.objects.create(
        period=period, kind="actual", percent=50, limit_nanousd=1, spent_nanousd=1,
        held_nanousd=0, at=now,
    )  # fmt: skip
    channel = AlertChannel.objects.create(
        org=world.org, team=team, kind="webhook", target="https://hooks.example/", created_at=now
    )
    AlertDelivery.objects.create(channel=channel, alert=alert, payload={}, created_at=now)
    BudgetRaise.objects.create(
        budget=budget, amount_nanousd=1, reason="x", created_at=now, created_by="ada",
        expires_at=later,
    )  # fmt: skip
    BudgetChange.objects.create(budget=budget, at=now, kind="changed", actor="ada", user=user)
    Invitation.objects.create(
        org=world.org, team=team, email=f"{mark}@x.example", role="analyst", invited_by="ada",
        created_at=now, expires_at=later,
    )  # fmt: skip
    SignIn.objects.create(session_key=f"session-{mark}", user=user, at=now, address="127.0.0.1")
    Group.objects.create(name=f"group {mark}")


def inside(**fields: Any) -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, **fields))
    return client


@pytest.fixture
def client() -> Client:
    return inside(username="boss", is_superuser=True)


def state(kinds: list[type[models.Model]]) -> dict[str, set[str]]:
    return {
        kind.__name__: {repr(sorted(row.items())) for row in kind._default_manager.values()}
        for kind in kinds
    }


def posts() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every address of the office that could write, with what a form would send."""
    for table in tables():
        name = f"admin:{table.opts.app_label}_{table.opts.model_name}"
        for row in table.model._default_manager.all()[:1]:
            fields = {
                key: value if isinstance(value, str | int | float) else ""
                for key, value in model_to_dict(row).items()
                if value is not None
            }
            fields |= {"post": "yes", "amount_nanousd": 1, "spent_nanousd": 0, "reason": "forged"}
            yield reverse(f"{name}_change", args=[row.pk]), fields
            yield reverse(f"{name}_delete", args=[row.pk]), fields
            yield reverse(f"{name}_add"), fields
            yield reverse(f"{name}_changelist"), {
                "action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes",
            }  # fmt: skip


def test_no_request_of_a_superuser_changes_what_happened(client: Client, world: World):
    furnish(world, "a")
    asked = list(posts())
    happened, told = state(HAPPENED), state(TOLD)
    said = [client.post(address, fields).status_code for address, fields in asked]

    assert state(HAPPENED) == happened
    after = state(TOLD)
    assert all(rows <= after[kind] for kind, rows in told.items())
    assert {302, 403} <= set(said) and max(said) < 500


@pytest.mark.parametrize("role", [None, *Role])
def test_no_role_of_an_organisation_changes_anything_in_the_office(world: World, role: Role | None):
    furnish(world, "a")
    outsider = Client()
    if role is not None:
        outsider.force_login(make_user(world.org, role=role))
    kinds: list[type[models.Model]] = [
        *HAPPENED, *TOLD, User, Membership, Org, Team, Budget, ApiKey
    ]  # fmt: skip
    everything = state(kinds)
    for address, fields in posts():
        answer = outsider.post(address, fields)
        # Auditors may look at some of it; what counts for them is what stays as it was.
        out = answer.status_code == 302 and "/admin/login/" in answer["Location"]
        assert out or (role is Role.AUDITOR and answer.status_code < 500), address

    assert state(kinds) == everything


def test_who_may_only_look_changes_nothing_not_even_by_an_action(world: World):
    furnish(world, "a")
    looking = inside(username="looker")
    User.objects.get(username="looker").user_permissions.set(
        Permission.objects.filter(codename__startswith="view_")
    )
    assert looking.get(reverse("admin:routing_decision_changelist")).status_code == 200
    kinds: list[type[models.Model]] = [
        *HAPPENED, *TOLD, User, Membership, Org, Team, Budget, ApiKey, Breaker, SignIn
    ]  # fmt: skip
    before = state(kinds)
    actions = {"apikey": "revoke", "signin": "end", "breaker": "clear",
               "webhookdelivery": "send_again"}  # fmt: skip
    for table in tables():
        address = reverse(f"admin:{table.opts.app_label}_{table.opts.model_name}_changelist")
        chosen = [str(pk) for pk in table.model._default_manager.values_list("pk", flat=True)]
        action = actions.get(str(table.opts.model_name), "delete_selected")
        looking.post(address, {"action": action, "_selected_action": chosen, "post": "yes"})
    for address, fields in posts():
        looking.post(address, fields)

    assert state(kinds) == before


def test_no_table_offers_to_delete_what_is_chosen(client: Client, rf: RequestFactory):
    request = rf.get("/admin/")
    request.user = User.objects.get(username="boss")
    offered = {table.opts.label: set(table.get_actions(request)) for table in tables()}
    assert [label for label, actions in offered.items() if "delete_selected" in actions] == []


def test_every_table_is_in_the_sidebar_and_made_for_the_office():
    shown = {apps.get_model(label) for _, entries in SIDEBAR for label, _, _ in entries}
    assert {table.model for table in tables()} == shown
    assert [table for table in tables() if not isinstance(table, TableAdmin)] == []


def test_every_table_can_be_searched_filtered_and_read_by_date():
    dated = {
        table.opts.model_name
        for table in tables()
        if any(isinstance(each, models.DateTimeField) for each in table.opts.get_fields())
    }
    lacking = {
        str(table.opts.label): [
            bool(table.search_fields),
            bool(table.list_filter) or table.opts.model_name in ("group", "signin"),
            bool(table.date_hierarchy) or table.opts.model_name not in dated,
        ]
        for table in tables()
    }
    assert {label: has for label, has in lacking.items() if not all(has)} == {}


def test_no_list_asks_more_of_the_database_the_more_rows_it_has(client: Client, world: World):
    furnish(world, "a")
    furnish(world, "b")
    few = _queries(client)
    for mark in "cdefg":
        furnish(world, mark)
    assert _queries(client) == few


def _queries(client: Client) -> dict[str, int]:
    counted = {}
    for table in tables():
        address = reverse(f"admin:{table.opts.app_label}_{table.opts.model_name}_changelist")
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200, address
        counted[address] = len(captured)
    return counted


def test_a_long_list_is_read_by_year_month_and_day(client: Client, world: World):
    furnish(world, "a")
    old = timezone.now() - timedelta(days=800)
    row = Decision.objects.order_by("pk")[0]
    assert row.at > old
    address = reverse("admin:routing_decision_changelist")
    day = {"at__year": row.at.year, "at__month": row.at.month, "at__day": row.at.day}
    page = client.get(address, day)
    assert row in page.context["cl"].result_list
    assert f"at__month={row.at.month}&amp;at__year={row.at.year}" in page.content.decode()
    assert list(client.get(address, {"at__year": old.year}).context["cl"].result_list) == []
    for wrong in ({"at__year": "x"}, day | {"at__day": 40}, {"at__year": "9" * 12}):
        assert client.get(address, wrong, follow=True).status_code == 200


def test_an_empty_office_opens(client: Client):
    for table in tables():
        address = reverse(f"admin:{table.opts.app_label}_{table.opts.model_name}_changelist")
        assert client.get(address, {"q": "x"}).status_code == 200
    assert client.get(reverse("admin:index")).status_code == 200
