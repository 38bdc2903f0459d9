"""Telling a receiver that a run has ended: signed, tried again, never led astray."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from runs import queue
from runs.core.status import RunStatus
from runs.models import WebhookDelivery
from runs.services import webhooks
from telemetry.core.addresses import RefusedAddress
from telemetry.core.delivery import PAUSES_SECONDS
from telemetry.services import outgoing
from tests.fixtures.receiver import Receiver, receiver
from tests.integration.runs.api import Api
from tests.world import NOW, World, make_run

__all__ = ["receiver"]
pytestmark = pytest.mark.django_db


def make_delivery(world: World, url: str, **fields: Any) -> WebhookDelivery:
    run = make_run(world.team, status=RunStatus.SUCCESS, webhook_url=url, score=0.9,
                   finished_at=timezone.now(), labels={"a": "b"})  # fmt: skip
    delivery = webhooks.delivery_for(run, timezone.now())
    assert delivery is not None
    for name, value in fields.items():
        setattr(delivery, name, value)
    delivery.save()
    return delivery


def test_run_without_a_webhook_has_nothing_to_deliver(world: World):
    assert webhooks.delivery_for(make_run(world.team), NOW) is None


def test_delivery_tells_the_runs_end_and_is_signed(world: World, receiver: Receiver):
    delivery = make_delivery(world, receiver.url)

    webhooks.deliver(delivery.pk)

    ((headers, body),) = receiver.requests
    told = json.loads(body)
    assert told["type"] == headers["X-Orchestrator-Event"] == "run.finished"
    assert told["id"] == headers["X-Orchestrator-Delivery"] == str(delivery.pk)
    assert told["run"]["id"] == str(delivery.run_id)
    assert (told["run"]["status"], told["run"]["score"]) == ("SUCCESS", 0.9)
    assert (told["run"]["spent_usd"], told["run"]["labels"]) == ("0.00", {"a": "b"})
    seconds, sent = (part.split("=")[1] for part in headers["X-Orchestrator-Signature"].split(","))
    secret = Api(world.key).get("/api/v1/webhook-secret/").json()["secret"]
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    assert sent == signed.hexdigest()
    assert abs(int(seconds) - time.time()) < 60
    delivery.refresh_from_db()
    assert delivery.delivered_at is not None
    assert (delivery.response_status, delivery.tries, delivery.next_try_at) == (200, 1, None)


def test_delivery_is_made_once_however_often_its_job_comes(world: World, receiver: Receiver):
    delivery = make_delivery(world, receiver.url)

    for _ in range(3):
        webhooks.deliver(delivery.pk)

    assert len(receiver.requests) == 1


def test_two_workers_with_the_same_job_send_once(world: World, receiver: Receiver):
    delivery = make_delivery(world, receiver.url)

    assert webhooks._claim(delivery.pk, timezone.now()) is not None
    webhooks.deliver(delivery.pk)

    assert receiver.requests == []


@pytest.mark.parametrize("status", [301, 404, 500])
def test_failed_delivery_is_tried_again_with_the_same_body(
    world: World, receiver: Receiver, status: int
):
    receiver.status = status
    delivery = make_delivery(world, receiver.url)
    webhooks.deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.response_status, delivery.error) == (status, f"answered {status}")
    assert delivery.delivered_at is None
    assert delivery.next_try_at is not None
    wait = (delivery.next_try_at - timezone.now()).total_seconds()
    assert 5 < wait <= PAUSES_SECONDS[0]

    receiver.status = 204
    webhooks.deliver(delivery.pk)  # not due yet
    assert len(receiver.requests) == 1
    WebhookDelivery.objects.update(next_try_at=timezone.now())
    webhooks.deliver(delivery.pk)

    (_, first), (_, second) = receiver.requests
    assert first == second
    delivery.refresh_from_db()
    assert (delivery.tries, delivery.error) == (2, "")
    assert WebhookDelivery.objects.get().next_try_at is None


def test_delivery_is_given_up_in_the_end(world: World, receiver: Receiver):
    receiver.status = 500
    delivery = make_delivery(world, receiver.url)
    for _ in range(len(PAUSES_SECONDS) + 3):
        WebhookDelivery.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now())
        webhooks.deliver(delivery.pk)

    assert len(receiver.requests) == len(PAUSES_SECONDS) + 1
    delivery.refresh_from_db()
    assert delivery.next_try_at is None


def test_redirect_is_not_followed(world: World, receiver: Receiver):
    receiver.status, receiver.location = 307, receiver.url  # a POST stays one
    delivery = make_delivery(world, receiver.url)

    webhooks.deliver(delivery.pk)

    assert len(receiver.requests) == 1


def test_receiver_that_does_not_answer_is_left_after_a_while(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outgoing, "TIMEOUT_SECONDS", 0.2)
    receiver.pause = 1.0
    delivery = make_delivery(world, receiver.url)

    webhooks.deliver(delivery.pk)

    delivery.refresh_from_db()
    assert delivery.response_status is None
    assert "0.2 s" in delivery.error


def test_name_that_leads_home_is_refused_when_it_is_called(
    world: World, receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.WEBHOOK_PRIVATE_HOSTS = []
    rebind(monkeypatch, "127.0.0.1")
    url = receiver.url.replace("127.0.0.1", "rebound.example.com")
    delivery = make_delivery(world, url)

    webhooks.deliver(delivery.pk)

    assert receiver.requests == []
    delivery.refresh_from_db()
    assert "private network" in delivery.error
    assert delivery.next_try_at is not None


def test_literal_private_address_is_refused_when_it_is_called(receiver: Receiver, settings: Any):
    settings.WEBHOOK_PRIVATE_HOSTS = []

    with pytest.raises(RefusedAddress):
        outgoing.post(receiver.url, b"{}", {})
    assert receiver.requests == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
):
    rebind(monkeypatch, "1.1.1.1", "10.0.0.1")

    with pytest.raises(RefusedAddress):
        outgoing.check_url("https://example.com/")


def test_name_that_cannot_be_looked_up_passes_until_it_is_called(monkeypatch: pytest.MonkeyPatch):
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    outgoing.check_url("https://example.com/")
    with pytest.raises(OSError, match="example"):
        outgoing.post("https://example.com/", b"{}", {})


@pytest.mark.django_db(transaction=True)
def test_due_deliveries_are_rung_for(world: World):
    due = make_delivery(world, "https://example.com/")
    make_delivery(world, "https://example.com/", next_try_at=timezone.now() + timedelta(hours=1))
    make_delivery(world, "https://example.com/", next_try_at=None)

    assert webhooks.enqueue_due(timezone.now()) == 1
    assert [job.args() for job in OrmQ.objects.all()] == [(str(due.pk),)]


@pytest.mark.django_db(transaction=True)
def test_however_many_are_due_however_often_the_queue_stays_short(world: World):
    for _ in range(queue.SWEPT_AT_MOST + 3):
        make_delivery(world, "https://example.com/")

    rung = [webhooks.enqueue_due(timezone.now()) for _ in range(3)]

    assert rung == [queue.SWEPT_AT_MOST, 0, 0]
    OrmQ.objects.all()[0].delete()
    assert webhooks.enqueue_due(timezone.now()) == 1


def test_secrets_differ_by_team(world: World):
    assert webhooks.secret_of(1) != webhooks.secret_of(2)
    assert webhooks.secret_of(1) == webhooks.secret_of(1)


def rebind(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have every name lead to these addresses."""

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
