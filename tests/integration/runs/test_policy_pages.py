"""Pages of policies without a browser: what is written, checked, replayed, and refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from budgets.core.access import Role
from budgets.models import User
from routing.core.policy_draft import draft_from
from routing.models import Policy
from routing.services.policies import create_policy
from tests.world import World, make_user

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
    return create_policy(
        world.org.pk, draft_from(data), team=None, actor="ada", now=timezone.now()
    )


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
