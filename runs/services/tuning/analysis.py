"""A look for patterns of failure: asked for here, carried out by a worker, stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from runs import queue
from runs.core.tuning.patterns import Pattern, grouped, patterns
from runs.models import FailureAnalysis, FailurePattern
from runs.models.tuning import JobState
from runs.selectors.tuning.failures import failures_in
from runs.selectors.tuning.places import Place
from runs.services.tuning.jobs import carry_out_once, finish
from runs.services.tuning.themes import themes_of

WINDOW: Final = timedelta(days=90)
# Whoever asks again so soon gets the same look.
AGAIN_AFTER: Final = timedelta(minutes=1)


def ask_for_analysis(place: Place, *, actor: str, now: datetime) -> FailureAnalysis:
    """Have a worker look for patterns; return the look that is under way, where one is."""
    with transaction.atomic():
        waiting = FailureAnalysis.objects.filter(
            **place.whose, state=JobState.QUEUED, requested_at__gt=now - AGAIN_AFTER
        ).first()
        if waiting is not None:
            return waiting
        made = FailureAnalysis.objects.create(
            **place.whose, requested_at=now, requested_by=actor, since=now - WINDOW, until=now
        )
        transaction.on_commit(lambda: queue.enqueue_analysis(made.pk))
    return made


def carry_out(analysis_id: UUID) -> None:
    """Look for patterns and store them, unless that was done."""
    carry_out_once(FailureAnalysis, analysis_id, _look)


def _look(asked: FailureAnalysis) -> None:
    seen = failures_in(Place(asked.org, asked.team), asked.since, asked.until)
    groups = grouped(seen.found)
    found = patterns(groups, {group: themes_of(members) for group, members in groups.items()})
    with transaction.atomic():
        # Whoever changes the state has done it: a job may be delivered twice.
        done = finish(
            asked,
            JobState.DONE,
            attempts=seen.attempts,
            failures=len(seen.found),
            left_out=seen.left_out,
            retry_nanousd=sum(one.retry_nanousd for one in found),
        )
        if done:
            FailurePattern.objects.bulk_create(_row(asked, one) for one in found)


def _row(asked: FailureAnalysis, one: Pattern) -> FailurePattern:
    return FailurePattern(
        analysis=asked,
        task_type=one.task_type,
        caught_by=one.caught_by[:64],
        terms=list(one.terms),
        n=one.n,
        share=one.share,
        retry_nanousd=one.retry_nanousd,
        retried=one.retried,
        mean_score=one.mean_score,
        examples=list(one.examples),
    )
