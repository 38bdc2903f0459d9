"""The one way in which a recommendation changes its state: row, step, event and log together."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from routing.models import Recommendation, RecommendationStep
from telemetry.services.changes import record_change
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordEvent

DECIDED = ("state", "decided_at", "decided_by")
STAGED = ("settings", "stage_started_at", "stage_ended_at", "stage_note")


def locked(pk: UUID) -> Recommendation:
    """Lock a recommendation until the transaction ends, before any money it holds."""
    return Recommendation.objects.select_for_update(no_key=True).get(pk=pk)


def move(
    row: Recommendation,
    state: str,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    figures: dict[str, Any] | None = None,
) -> None:
    """Take a locked recommendation to a state, in the caller's transaction; call it last.

    `actor` empty: it happened by itself. `figures` are what it was decided by.
    """
    before, row.state = row.state, state
    row.decided_at, row.decided_by = now, actor[:150]
    row.save(update_fields=[*DECIDED, *STAGED])
    RecommendationStep.objects.create(
        recommendation=row,
        at=now,
        before=before,
        after=state,
        actor=actor[:150],
        reason=reason[:500],
        figures=figures or {},
    )
    tell(row, now)
    record_change(
        "recommendation",
        row.title,
        actor=actor or "the recommendation's own trial",
        at=now,
        before={"state": before},
        after={"state": state, "reason": reason, **row.settings, **(figures or {})},
        org_id=row.org_id,
        team_id=row.team_id,
    )


def tell(row: Recommendation, now: datetime) -> None:
    """Write the event of a recommendation that is in a state from now on."""
    event = RecordEvent(
        type=f"recommendation.{row.state}",
        at=now,
        org_id=row.org_id,
        team_id=row.team_id,
        payload={
            "recommendation": str(row.pk),
            "kind": row.kind,
            "title": row.title,
            "saving_nanousd": row.saving_nanousd,
        },
    )
    apply_now(event)
