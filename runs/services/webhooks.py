"""Telling a run's webhook that the run has ended: signed, tried again, and written down.

The delivery's row is the truth; a queued job only says that there is something to look at.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from budgets.core.money import format_usd
from budgets.selectors import NO_MONEY, run_money
from runs import queue
from runs.models import Run, WebhookDelivery
from telemetry.core.addresses import RefusedAddress
from telemetry.core.delivery import next_try, signature
from telemetry.services.outgoing import post

logger = logging.getLogger(__name__)

FINISHED: Final = "run.finished"
# Longer than any try takes: nobody else makes this delivery meanwhile.
CLAIM_SECONDS: Final = 60


def secret_of(team_id: int) -> str:
    """Return the secret that signs a team's webhooks; it changes with SECRET_KEY alone."""
    digest = salted_hmac("webhook secret", str(team_id), algorithm="sha256").hexdigest()
    return f"whsec_{digest}"


def delivery_for(run: Run, now: datetime) -> WebhookDelivery | None:
    """Return the message about a run that ends, not stored yet; None: nobody wants one.

    What it says is read when it is first sent, since the run's figures are final only then.
    """
    if not run.webhook_url:
        return None
    return WebhookDelivery(
        run_id=run.pk, url=run.webhook_url, event=FINISHED, payload={}, next_try_at=now,
        created_at=now,
    )  # fmt: skip


def enqueue_due(now: datetime) -> int:
    """Ring for deliveries that are due, whose own ring was lost or has waited; return how many.

    No more than the queue has room for: the rest is due the next time, too.
    """
    due = WebhookDelivery.objects.filter(next_try_at__lte=now).order_by("next_try_at")
    ids = list(due.values_list("pk", flat=True)[: queue.room()])
    for delivery_id in ids:
        queue.enqueue_webhook(delivery_id)
    return len(ids)


def deliver(delivery_id: UUID) -> None:
    """Make one delivery, unless it was made, is being made, or is not due yet."""
    now = timezone.now()
    delivery = _claim(delivery_id, now)
    if delivery is None:
        return
    # Sorted, since PostgreSQL keeps keys in an order of its own: every try sends the same bytes.
    body = json.dumps(delivery.payload, separators=(",", ":"), sort_keys=True).encode()
    status, error = _send(delivery, body, now)
    _record(delivery, status, error, timezone.now())


def redeliver(delivery_id: UUID, now: datetime) -> None:
    """Send a delivery once more, whatever came of it."""
    WebhookDelivery.objects.filter(pk=delivery_id).update(
        next_try_at=now, tries=0, delivered_at=None
    )
    transaction.on_commit(partial(queue.enqueue_webhook, delivery_id))


def _claim(delivery_id: UUID, now: datetime) -> WebhookDelivery | None:
    """Take a due delivery: two workers may have been told of it."""
    taken = WebhookDelivery.objects.filter(pk=delivery_id, next_try_at__lte=now).update(
        next_try_at=now + timedelta(seconds=CLAIM_SECONDS), tries=F("tries") + 1
    )
    if not taken:
        return None
    delivery = WebhookDelivery.objects.select_related("run__team").get(pk=delivery_id)
    if not delivery.payload:
        delivery.payload = _payload(delivery)
        delivery.save(update_fields=["payload"])
    return delivery


def _payload(delivery: WebhookDelivery) -> Mapping[str, Any]:
    run = delivery.run
    spent = run_money([run.pk]).get(run.pk, NO_MONEY).spent_nanousd
    finished = run.finished_at.isoformat().replace("+00:00", "Z") if run.finished_at else None
    return {
        "id": str(delivery.pk),
        "type": delivery.event,
        "run": {
            "id": str(run.pk),
            "team": run.team.slug,
            "status": run.status,
            "score": run.score,
            "tasks_total": run.tasks_total,
            "tasks_done": run.tasks_done,
            "budget_usd": format_usd(run.budget_nanousd),
            "spent_usd": format_usd(spent),
            "finished_at": finished,
            "labels": run.labels,
            "failure": run.failure,
            "url": f"{settings.PUBLIC_URL}/api/v1/runs/{run.pk}/",
        },
    }


def _send(delivery: WebhookDelivery, body: bytes, now: datetime) -> tuple[int | None, str]:
    """Return the answer's status (None: there was none) and what went wrong."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "multi-llm-orchestrator",
        "X-Orchestrator-Event": delivery.event,
        "X-Orchestrator-Delivery": str(delivery.pk),
        "X-Orchestrator-Signature": signature(secret_of(delivery.run.team_id), now, body),
    }
    try:
        status = post(delivery.url, body, headers)
    except (RefusedAddress, OSError) as error:
        return None, str(error) or type(error).__name__
    return status, "" if 200 <= status < 300 else f"answered {status}"


def _record(delivery: WebhookDelivery, status: int | None, error: str, now: datetime) -> None:
    delivery.response_status, delivery.error = status, error[:500]
    delivery.delivered_at = None if error else now
    delivery.next_try_at = next_try(delivery.tries, now) if error else None
    delivery.save(update_fields=["response_status", "error", "delivered_at", "next_try_at"])
    if error:
        logger.info("Webhook %s, try %s: %s", delivery.pk, delivery.tries, error)
