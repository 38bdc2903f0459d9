"""Having alerts of budgets sent by workers: what budgets do not know is the queue."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from budgets.core.access import Caller
from budgets.models import AlertChannel, AlertDelivery
from budgets.services import alert_delivery, alerts, channels
from runs import queue


def look_after_budgets(now: datetime) -> None:
    """Judge forecasts, and ring for every alert that is due; a chore of each worker."""
    alerts.watch(now)
    alerts.fan_out(now)
    for delivery_id in alert_delivery.due(now)[: queue.room()]:
        queue.enqueue_alert(delivery_id)


def try_channel(channel: AlertChannel, *, by: Caller, now: datetime) -> AlertDelivery:
    """Send a test to a channel."""
    delivery = channels.try_channel(channel, by=by, now=now)
    _ring(delivery.pk)
    return delivery


def redeliver(delivery: AlertDelivery, now: datetime) -> None:
    """Send a delivery once more, whatever came of it."""
    alert_delivery.redeliver(delivery, now)
    _ring(delivery.pk)


def _ring(delivery_id: UUID) -> None:
    transaction.on_commit(partial(queue.enqueue_alert, delivery_id))
