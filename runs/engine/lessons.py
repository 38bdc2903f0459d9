"""What an evaluated attempt teaches, and what it adds to the figures."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from routing.services.learning import ObserveAttempt
from runs.core.attempts import learned_type
from runs.engine.draft import Brief, Draft
from runs.engine.session import Session
from telemetry.models import Score
from telemetry.services.journal import Command
from telemetry.services.recording import RecordScore


def lesson(session: Session, brief: Brief, draft: Draft) -> tuple[Command, ...]:
    """Return what the attempt teaches of its model; nothing where nobody could judge it."""
    if draft.score is None or not draft.model:
        return ()
    made = [done for done in draft.calls if done.spec.name == draft.model]
    written = [done.call for done in made]
    return (
        ObserveAttempt(
            org_id=session.run.org_id,
            team_id=session.run.team_id,
            run_id=session.run_id,
            task_key=brief.key,
            attempt=draft.number,
            model=draft.model,
            version=made[-1].spec.litellm_name,
            task_type=learned_type(brief.task_type, draft.kind),
            score=draft.score,
            cost_nanousd=sum(call.cost_nanousd or 0 for call in written) // len(written),
            latency_ms=sum(call.latency_ms or 0 for call in written) // len(written),
            input_tokens=sum(call.input_tokens or 0 for call in written) // len(written),
            at=timezone.now(),
        ),
    )


def worth(session: Session, brief: Brief, draft: Draft, now: datetime) -> tuple[Command, ...]:
    """Return what the attempt adds to the figures; nothing where no model wrote anything."""
    if not draft.output:
        return ()
    run = session.run
    score = Score(
        at=now,
        org_id=run.org_id,
        team_id=run.team_id,
        run_id=run.id,
        task_key=brief.key,
        attempt=draft.number,
        task_type=brief.task_type,
        provider=draft.provider,
        model=draft.model,
        score=draft.score,
        accepted=draft.is_accepted(brief.threshold),
        cost_nanousd=draft.cost_nanousd,
    )
    return (RecordScore(score),)
