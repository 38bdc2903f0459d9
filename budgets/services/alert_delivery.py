"""Sending alerts by e-mail and webhook: signed, tried again, and written down.

The delivery's row is the truth; a queued job only says that there is something to look at.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.core.mail import send_mail
from django.db.models import F
from django.utils import timezone

from budgets.core.alert import ChannelKind, read_addresses
from budgets.models import AlertDelivery
from budgets.services.channels import secret_of
from telemetry.core.addresses import RefusedAddress
from telemetry.core.delivery import next_try, signature
from telemetry.services.outgoing import post

logger = logging.getLogger(__name__)

# Longer than any try takes: nobody else makes this delivery meanwhile.
CLAIM_SECONDS: Final = 60
SWEPT_AT_ONCE: Final = 200


def due(now: datetime) -> list[UUID]:
    """Return the deliveries that wait to be made."""
    waiting = AlertDelivery.objects.filter(next_try_at__lte=now).order_by("next_try_at")
    return list(waiting.values_list("pk", flat=True)[:SWEPT_AT_ONCE])


def deliver(delivery_id: UUID) -> None:
    """Make one delivery, unless it was made, is being made, or is not due yet."""
    now = timezone.now()
    # Conditional: two workers may have been told of it.
    taken = AlertDelivery.objects.filter(pk=delivery_id, next_try_at__lte=now).update(
        next_try_at=now + timedelta(seconds=CLAIM_SECONDS), tries=F("tries") + 1
    )
    if not taken:
        return
    delivery = AlertDelivery.objects.select_related("channel").get(pk=delivery_id)
    status, error = _send(delivery, now)
    _record(delivery, status, error, timezone.now())


def redeliver(delivery: AlertDelivery, now: datetime) -> None:
    """Send a delivery once more, whatever came of it."""
    AlertDelivery.objects.filter(pk=delivery.pk).update(next_try_at=now, tries=0, delivered_at=None)


def _send(delivery: AlertDelivery, now: datetime) -> tuple[int | None, str]:
    """Return the answer's status (None: there was none) and what went wrong."""
    channel = delivery.channel
    try:
        if channel.kind == ChannelKind.EMAIL:
            _mail(delivery)
            return None, ""
        body, headers = _message(delivery, now)
        status = post(channel.target, body, headers)
    except (RefusedAddress, OSError, SMTPException, ValueError) as error:
        return None, str(error) or type(error).__name__
    return status, "" if 200 <= status < 300 else f"answered {status}"


def _mail(delivery: AlertDelivery) -> None:
    payload = delivery.payload
    # Its name in each subject, since a mail's sender may be anybody's.
    subject = f"[Orchestrator] {payload['subject']}"
    send_mail(subject, payload["text"], None, read_addresses(delivery.channel.target))


def _message(delivery: AlertDelivery, now: datetime) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": "application/json", "User-Agent": "multi-llm-orchestrator"}
    if delivery.channel.kind == ChannelKind.SLACK:
        return json.dumps({"text": delivery.payload["text"]}).encode(), headers
    # Sorted, since PostgreSQL keeps keys in an order of its own: every try sends the same bytes.
    payload = delivery.payload | {"id": str(delivery.pk)}
    body = json.dumps(payload, separators=(",", ":"), sort_keys=True).encode()
    return body, headers | {
        "X-Orchestrator-Event": payload["type"],
        "X-Orchestrator-Delivery": str(delivery.pk),
        "X-Orchestrator-Signature": signature(secret_of(delivery.channel), now, body),
    }


def _record(delivery: AlertDelivery, status: int | None, error: str, now: datetime) -> None:
    delivery.response_status, delivery.error = status, error[:500]
    delivery.delivered_at = None if error else now
    delivery.next_try_at = next_try(delivery.tries, now) if error else None
    delivery.save(update_fields=["response_status", "error", "delivered_at", "next_try_at"])
    if error:
        logger.info("Alert %s, try %s: %s", delivery.pk, delivery.tries, error)
