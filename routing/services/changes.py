"""Writes changes of budgets, policies, keys, members and models into the log of decisions."""

from __future__ import annotations

from typing import Any

from routing.models import Decision
from routing.models.decision import HOUSE, Kind, Outcome
from routing.services.decisions import RecordDecision
from telemetry.services.changes import Change
from telemetry.services.journal import apply_now


def log_change(sender: Any, change: Change, **_: Any) -> None:
    """Record a change as a decision of somebody: who, when, before, after."""
    apply_now(
        RecordDecision(
            Decision(
                at=change.at,
                org_id=HOUSE if change.org_id is None else change.org_id,
                team_id=change.team_id,
                kind=Kind.CHANGE,
                outcome=Outcome.ALLOW,
                policy=change.name[:64] if change.what == "policy" else "",
                version=change.version,
                model=change.name[:128] if change.what == "model" else "",
                inputs={
                    "what": change.what,
                    "name": change.name,
                    "before": change.before,
                    "after": change.after,
                },
                reason=f"{change.what} {change.name} {_done(change)}"[:500],
                actor=change.actor[:128],
            )
        )
    )


def _done(change: Change) -> str:
    if change.before is None:
        return "was made"
    return "was removed" if change.after is None else "was changed"
