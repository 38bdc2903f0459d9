"""The one door to the job queue. The queue is a bell, the tables are the truth.

Call these in `transaction.on_commit`: a worker is faster than the commit of its work.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from runs.models import WorkerPool

CARRY_OUT_RUNS = "runs.jobs.carry_out_runs"
DELIVER_WEBHOOK = "runs.jobs.deliver_webhook"
DELIVER_ALERT = "runs.jobs.deliver_alert"
KEEP_UP_ADVICE = "runs.jobs.keep_up_advice"
LOOK_FOR_PATTERNS = "runs.jobs.look_for_patterns"
MAKE_DATASET = "runs.jobs.make_dataset"
PRICE_ANEW = "runs.jobs.price_anew"
BEAT_SECONDS = 10.0
DEAD_AFTER = timedelta(seconds=4 * BEAT_SECONDS)
FORGOTTEN_AFTER = timedelta(days=1)
SWEPT_AT_MOST = 16  # a delivery may take its worker 10 s, and there may be one worker
LOOK_BACK = 16  # waiting jobs that are looked at, whose payload must be unpacked in Python


def ring() -> None:
    """Wake a worker up to look for unfinished runs; nothing new when that is queued already."""
    if not _is_waiting(CARRY_OUT_RUNS):
        async_task(CARRY_OUT_RUNS)


def enqueue_webhook(delivery_id: UUID) -> None:
    """Have one webhook delivery made by a worker."""
    async_task(DELIVER_WEBHOOK, str(delivery_id))


def enqueue_alert(delivery_id: UUID) -> None:
    """Have one alert of a budget sent by a worker."""
    async_task(DELIVER_ALERT, str(delivery_id))


def enqueue_advice(org_id: int) -> None:
    """Have what is due of an organisation's advice done by a worker, unless that is queued."""
    if not _is_waiting(KEEP_UP_ADVICE, org_id):
        async_task(KEEP_UP_ADVICE, org_id)


def enqueue_analysis(analysis_id: UUID) -> None:
    """Have a worker look for patterns of failure."""
    async_task(LOOK_FOR_PATTERNS, str(analysis_id))


def enqueue_dataset(dataset_id: UUID) -> None:
    """Have a worker choose the examples of a data set."""
    async_task(MAKE_DATASET, str(dataset_id))


def enqueue_repricing(repricing_id: UUID) -> None:
    """Have a worker price calls anew."""
    async_task(PRICE_ANEW, str(repricing_id))


def give_back(job_id: int) -> None:
    """Let any worker take a job that was taken and not begun."""
    OrmQ.objects.filter(pk=job_id).update(lock=timezone.now())


def size() -> int:
    """Return how many jobs are queued, or taken and not finished."""
    return int(OrmQ.objects.filter(key=Conf.PREFIX).count())


def room() -> int:
    """Return how many more jobs a sweep may add, so that runs never wait behind a flood."""
    return max(0, SWEPT_AT_MOST - size())


def beat(pool: str, now: datetime) -> None:
    """Note that a pool of workers lives; forget those that have been gone for long."""
    WorkerPool.objects.update_or_create(name=pool[:80], defaults={"seen_at": now})
    WorkerPool.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()


def has_workers() -> bool:
    """Tell whether any pool of workers was heard of lately."""
    return WorkerPool.objects.filter(seen_at__gt=timezone.now() - DEAD_AFTER).exists()


def _is_waiting(function: str, *args: int) -> bool:
    """Tell whether a job that no worker has taken yet will call the function with these."""
    waiting = OrmQ.objects.filter(key=Conf.PREFIX, lock__lte=timezone.now())
    return any(
        job.func() == function and tuple(job.args()) == args
        for job in waiting.order_by("-pk")[:LOOK_BACK]
    )
