"""What workers are asked to do: ids in, one call. Queued jobs outlive deploys, so names stay."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from runs import queue

# Short, so that other jobs wait no longer than this for a worker; the runs go on in between.
CARRY_SECONDS = 20.0


def carry_out_runs() -> None:
    """Carry out unfinished runs for a while; ring for the next while if some are left."""
    from runs.engine import carry

    if carry.work(CARRY_SECONDS):
        queue.ring()


def deliver_webhook(delivery_id: str) -> None:
    """Make one delivery, unless it has been made or is not due."""
    from runs.services import webhooks

    webhooks.deliver(UUID(delivery_id))


def deliver_alert(delivery_id: str) -> None:
    """Send one alert of a budget, unless it has been sent or is not due."""
    from budgets.services import alert_delivery

    alert_delivery.deliver(UUID(delivery_id))


def keep_up_advice(org_id: int) -> None:
    """Compute an organisation's advice and what it saved, where that is due."""
    from runs.services import advice

    advice.keep_up(org_id, timezone.now())


def look_for_patterns(analysis_id: str) -> None:
    """Look for patterns of failure, unless that was done."""
    from runs.services.tuning import analysis

    analysis.carry_out(UUID(analysis_id))


def make_dataset(dataset_id: str) -> None:
    """Choose the examples of a data set, unless that was done."""
    from runs.services.tuning import datasets

    datasets.carry_out(UUID(dataset_id))


def price_anew(repricing_id: str) -> None:
    """Price calls anew for a while; ring for the next while if some are left."""
    from runs.services import repricing

    if not repricing.carry_out(UUID(repricing_id), CARRY_SECONDS):
        queue.enqueue_repricing(UUID(repricing_id))
