"""The back office shows runs and changes none."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from runs.models import Run
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
