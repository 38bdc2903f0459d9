"""The back office: models and prices are edited, health and decisions only looked at."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from budgets.models import User
from routing.models import Breaker, Model
from routing.selectors import known_models
from telemetry.models import Event

pytestmark = pytest.mark.django_db

READ_ONLY = ["breaker", "decision", "qualityprofile"]


@pytest.fixture
def office(client: Client) -> Client:
    user = User.objects.create(
        username="root", email="r@x.example", is_staff=True, is_superuser=True
    )
    client.force_login(user)
    return client


def broken(model: str) -> Breaker:
    now = timezone.now()
    return Breaker.objects.create(
        model=model, state="OPEN", permanent=True, opened_at=now, retry_at=now, updated_at=now
    )


@pytest.mark.parametrize("name", [*READ_ONLY, "model", "priceoverride"])
def test_every_list_opens(office: Client, name: str) -> None:
    broken("sim/gpt-6-luna")
    assert office.get(reverse(f"admin:routing_{name}_changelist")).status_code == 200


@pytest.mark.parametrize("name", READ_ONLY)
def test_nobody_adds_what_only_calls_may_write(office: Client, name: str) -> None:
    assert office.get(reverse(f"admin:routing_{name}_add")).status_code == 403


def test_a_model_with_nothing_but_its_name_joins_the_known_ones(office: Client) -> None:
    name = "mistral/mistral-large-latest"
    answer = office.post(
        reverse("admin:routing_model_add"),
        {"name": name, "enabled": "on", "task_types": "", "tags": "", "reasoning": "unknown"},
    )
    assert answer.status_code == 302
    assert known_models().models[name].provider == "mistral"
    assert Model.objects.get(name=name).task_types is None


def test_clearing_a_breaker_closes_it_under_the_persons_name(office: Client) -> None:
    cleared, left = broken("sim/gpt-6-luna"), broken("sim/gpt-6.1-sol")
    office.post(
        reverse("admin:routing_breaker_changelist"),
        {"action": "clear", "_selected_action": [cleared.pk]},
    )
    assert Breaker.objects.get(pk=cleared.pk).state == "CLOSED"
    assert Breaker.objects.get(pk=left.pk).state == "OPEN"
    assert Event.objects.get(type="breaker.changed").payload["reason"] == "cleared by root"
