"""Carrying out what was asked of a worker, once, however often its job is delivered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone

from runs.models.tuning import JobState, TuningJob

logger = logging.getLogger(__name__)

Job = TypeVar("Job", bound=TuningJob)

BROKEN = "It could not be carried out; the worker's log has why. Ask again."


def carry_out_once(kind: type[Job], pk: UUID, work: Callable[[Job], None]) -> None:
    """Do the work of a job that waits; one that breaks says so to whoever asked."""
    waiting = kind._default_manager.select_related("org", "team")
    asked = waiting.filter(pk=pk, state=JobState.QUEUED).first()
    if asked is None:
        return
    try:
        work(asked)
    except Exception:
        logger.exception("A %s could not be carried out", kind._meta.verbose_name)
        finish(asked, JobState.FAILED, error=BROKEN)


def finish(asked: TuningJob, state: JobState, **found: Any) -> bool:
    """Store what came of a job; False: another delivery of it has done so."""
    rows = type(asked)._default_manager.filter(pk=asked.pk, state=JobState.QUEUED)
    return bool(rows.update(state=state, finished_at=timezone.now(), **found))
