"""The back office shows runs and changes none."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from runs.models import Run, WebhookDelivery
from tests.world import World, make_run, make_task, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("model", ["run", "task", "feedback", "webhookdelivery"])
def test_each_list_opens(client: Client, world: World, model: str):
    make_task(make_run(world.team), output="text")
    assert client.get(reverse(f"admin:runs_{model}_changelist")).status_code == 200


def test_a_run_and_a_task_open_and_offer_nothing_to_save(client: Client, world: World):
    task = make_task(make_run(world.team), output="text")
    for name, pk in (("run", task.run_id), ("task", task.pk)):
        answer = client.get(reverse(f"admin:runs_{name}_change", args=[pk]))
        assert answer.status_code == 200
        assert b'name="_save"' not in answer.content


def test_a_run_cannot_be_deleted_even_by_a_superuser(client: Client, world: World):
    run = make_run(world.team)
    answer = client.post(reverse("admin:runs_run_delete", args=[run.pk]), {"post": "yes"})
    assert answer.status_code == 403
    assert Run.objects.filter(pk=run.pk).exists()


def test_a_webhook_sent_again_is_due_and_has_all_its_tries(client: Client, world: World):
    now = timezone.now()
    delivery = WebhookDelivery.objects.create(
        run=make_run(world.team), url="https://hooks.example/", event="run.finished", payload={},
        created_at=now, tries=7, next_try_at=None,
    )  # fmt: skip
    client.post(
        reverse("admin:runs_webhookdelivery_changelist"),
        {"action": "send_again", "_selected_action": [delivery.pk]},
    )
    delivery.refresh_from_db()
    assert delivery.next_try_at is not None
    assert (delivery.tries, delivery.next_try_at >= now) == (0, True)
