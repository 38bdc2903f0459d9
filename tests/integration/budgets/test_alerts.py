"""Telling people that a budget passed a threshold, once a period, and by what way."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from budgets.core.access import Caller
from budgets.core.alert import ChannelKind
from budgets.core.errors import InvalidChange
from budgets.models import AlertChannel, AlertDelivery, Budget, BudgetAlert, Hold
from budgets.services import alert_delivery
from budgets.services.alerts import WATCH_EVERY, fan_out, watch
from budgets.services.channels import add_channel, remove_channel, secret_of, try_channel
from budgets.services.limits import raise_budget
from routing.models import Decision
from telemetry.core.delivery import PAUSES_SECONDS
from telemetry.models import Event
from tests.fixtures.receiver import Receiver, receiver
from tests.integration.budgets.race import at_once
from tests.integration.budgets.spent import spend_daily
from tests.integration.budgets.world import NOW, World, close, make_world, period_of

__all__ = ["receiver"]
pytestmark = pytest.mark.django_db

ANN = Caller("ann")
MINUTE = timedelta(minutes=1)


def spend(world: World, amount: int) -> None:
    hold = world.hold(amount)
    Hold.objects.filter(pk=hold.pk).update(spent_nanousd=amount)
    close(hold)


def channel(world: World, kind: str = "email", target: str = "a@x.example", **fields: Any) -> Any:
    return add_channel(
        org=world.org, team=fields.get("team"), kind=ChannelKind(kind), target=target, by=ANN,
        now=NOW,
    )  # fmt: skip


def told(kind: str = "actual") -> list[tuple[Any, int]]:
    rows = BudgetAlert.objects.filter(kind=kind).order_by("percent", "pk")
    return list(rows.values_list("period__budget__team__slug", "percent"))


def test_each_threshold_of_what_is_spent_is_told_once_a_period() -> None:
    world = make_world(org_limit=None, eng_limit=100)
    for amount in (40, 20, 5, 20, 10, 5):
        spend(world, amount)
    assert told() == [("eng", 50), ("eng", 80), ("eng", 100)]
    assert Event.objects.filter(type="budget.threshold").count() == 3
    alert = BudgetAlert.objects.get(percent=80)
    assert (alert.limit_nanousd, alert.spent_nanousd) == (100, 85)


def test_a_jump_over_several_thresholds_tells_the_highest() -> None:
    world = make_world(org_limit=None, eng_limit=100)
    spend(world, 85)
    assert told() == [("eng", 80)]


def test_any_list_of_thresholds_counts() -> None:
    world = make_world(org_limit=None, eng_limit=100)
    Budget.objects.update(thresholds=[7, 120])
    spend(world, 10)
    assert told() == [("eng", 7)]


def test_a_forecast_is_told_once_a_period_with_the_day_it_runs_out() -> None:
    world = make_world(org_limit=None, eng_limit=1_000)
    spend_daily(world.eng, [60] * 7, now=NOW)
    watch(NOW)
    watch(NOW + WATCH_EVERY)
    # 4.5 days are left at 60 a day.
    assert told("forecast") == []
    spend(world, 600)
    watch(NOW + 2 * WATCH_EVERY)
    watch(NOW + 3 * WATCH_EVERY)
    assert told("forecast") == [("eng", 80)]
    spend(world, 300)
    watch(NOW + 4 * WATCH_EVERY)
    alert = BudgetAlert.objects.get(kind="forecast", percent=100)
    assert alert.runs_out_at is not None
    assert NOW < alert.runs_out_at < NOW + timedelta(days=4)
    assert Event.objects.filter(type="budget.forecast").count() == 2


def test_too_little_history_tells_no_forecast() -> None:
    world = make_world(org_limit=None, eng_limit=100)
    spend_daily(world.eng, [90, 90], now=NOW)
    watch(NOW)
    assert told("forecast") == []


def test_a_raise_that_expires_tells_what_is_passed_without_it() -> None:
    world = make_world(org_limit=None, eng_limit=100)
    budget = Budget.objects.select_related("org").get()
    raise_budget(budget, amount_nanousd=900, reason="r", expires_at=NOW + MINUTE, by=ANN, now=NOW)
    spend(world, 85)
    assert told() == []
    watch(NOW + MINUTE)
    assert told() == [("eng", 80)]
    assert period_of(world.eng, world.org).limit_nanousd == 100


def test_budgets_are_looked_at_by_turns_and_not_all_the_time() -> None:
    make_world()
    assert watch(NOW) == 2
    assert watch(NOW + MINUTE) == 0
    assert watch(NOW + WATCH_EVERY) == 2


def test_an_alert_goes_to_the_orgs_channels_and_its_teams_own() -> None:
    world = make_world(org_limit=None, eng_limit=100)
    wide, own = channel(world), channel(world, team=world.eng)
    channel(world, team=world.ops)
    gone = channel(world, target="b@x.example")
    remove_channel(gone, by=ANN, now=NOW)
    spend(world, 60)
    assert fan_out(NOW) == 2
    assert fan_out(NOW) == 0
    assert set(AlertDelivery.objects.values_list("channel", flat=True)) == {wide.pk, own.pk}


@pytest.mark.django_db(transaction=True)
def test_two_workers_fan_an_alert_out_once() -> None:
    world = make_world(org_limit=None, eng_limit=100)
    channel(world)
    spend(world, 60)
    assert sorted(at_once([partial(fan_out, NOW)] * 4)) == [0, 0, 0, 1]
    assert AlertDelivery.objects.count() == 1


def deliver_all() -> None:
    for pk in alert_delivery.due(timezone.now()):
        alert_delivery.deliver(pk)


def test_an_alert_is_mailed_to_everybody_of_a_channel() -> None:
    world = make_world(org_limit=None, eng_limit=100)
    channel(world, target="a@x.example, b@x.example")
    spend(world, 60)
    fan_out(timezone.now())
    deliver_all()
    (message,) = mail.outbox
    assert message.to == ["a@x.example", "b@x.example"]
    assert message.subject == "[Orchestrator] Eng has spent 50 % of its monthly budget"
    assert "/budgets/" in message.body
    deliver_all()
    assert len(mail.outbox) == 1
    assert AlertDelivery.objects.get().delivered_at is not None


def test_a_webhook_is_signed_by_its_channels_own_secret(receiver: Receiver) -> None:
    world = make_world(org_limit=None, eng_limit=100)
    made = channel(world, "webhook", receiver.url)
    spend(world, 60)
    fan_out(timezone.now())
    deliver_all()
    ((headers, body),) = receiver.requests
    seconds, signed = headers["X-Orchestrator-Signature"].split(",")
    text = seconds.removeprefix("t=").encode() + b"." + body
    expected = hmac.new(secret_of(made).encode(), text, hashlib.sha256).hexdigest()
    assert signed == f"v1={expected}"
    told_of = json.loads(body)
    assert (told_of["type"], told_of["percent"]) == ("budget.threshold", 50)
    assert told_of["budget"]["name"] == "Eng"


def test_slack_gets_the_text_alone(receiver: Receiver) -> None:
    world = make_world(org_limit=None, eng_limit=100)
    channel(world, "slack", receiver.url)
    spend(world, 60)
    fan_out(timezone.now())
    deliver_all()
    ((headers, body),) = receiver.requests
    assert list(json.loads(body)) == ["text"]
    assert "X-Orchestrator-Signature" not in headers


def test_a_delivery_that_fails_is_written_down_tried_again_and_can_be_sent_again(
    receiver: Receiver,
) -> None:
    world = make_world()
    made = try_channel(channel(world, "webhook", receiver.url), by=ANN, now=timezone.now())
    receiver.status = 500
    deliver_all()
    made.refresh_from_db()
    assert (made.tries, made.response_status, made.error) == (1, 500, "answered 500")
    assert made.next_try_at is not None
    wait = (made.next_try_at - timezone.now()).total_seconds()
    assert 5 < wait <= PAUSES_SECONDS[0]
    receiver.status = 204
    alert_delivery.redeliver(made, timezone.now())
    deliver_all()
    made.refresh_from_db()
    assert made.error == ""
    assert made.delivered_at is not None
    assert alert_delivery.due(timezone.now() + timedelta(days=9)) == []
    assert json.loads(receiver.requests[-1][1])["type"] == "budget.test"


def test_a_mail_server_that_is_down_is_written_down(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    made = try_channel(channel(make_world()), by=ANN, now=timezone.now())
    deliver_all()
    made.refresh_from_db()
    assert "refused" in made.error
    assert made.next_try_at is not None


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("email", "nobody"),
        ("email", ""),
        ("webhook", "http://127.0.0.1/hook"),
        ("slack", "http://10.0.0.1/"),
        ("webhook", "ftp://example.com/"),
    ],
)
def test_where_no_alert_may_go_is_refused(kind: str, target: str) -> None:
    with pytest.raises(InvalidChange) as refused:
        channel(make_world(), kind, target)
    assert list(refused.value.errors) == ["target"]
    assert not AlertChannel.objects.exists()


def test_a_removed_channel_gets_nothing_more_and_keeps_its_log(receiver: Receiver) -> None:
    made = channel(make_world(), "webhook", receiver.url)
    try_channel(made, by=ANN, now=timezone.now())
    assert remove_channel(made, by=ANN, now=NOW)
    assert not remove_channel(made, by=ANN, now=NOW)
    deliver_all()
    assert receiver.requests == []
    assert AlertDelivery.objects.count() == 1
    # The address of a hook may be a secret: the log of decisions holds none.
    assert receiver.url not in str(list(Decision.objects.values_list("inputs", flat=True)))
