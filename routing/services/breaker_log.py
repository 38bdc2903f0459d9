"""What is written down of each change of a breaker, for those who watch and those who audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from routing.core.breaker import BreakerState
from routing.models import Decision
from routing.models.decision import HOUSE, Kind, Outcome
from routing.services.decisions import RecordDecision
from telemetry.services.recording import RecordEvent

MAX_REASON = 500
BY_ITSELF = "the breaker itself"


def event_of(
    model: str, old: BreakerState, new: BreakerState, at: datetime, reason: str
) -> RecordEvent:
    """Return the event of a change."""
    payload = {
        "model": model,
        "from": old.state,
        "to": new.state,
        "permanent": new.permanent,
        "strikes": new.strikes,
        "reason": reason[:MAX_REASON],
        "retry_at": new.retry_at.isoformat() if new.retry_at else None,
    }
    return RecordEvent(type="breaker.changed", at=at, payload=payload)


def audit_line(
    model: str, old: BreakerState, new: BreakerState, at: datetime, actor: str
) -> RecordDecision:
    """Return the line of the house's audit log on a change."""
    reason = f"breaker of {model}: {old.state} -> {new.state}"
    return RecordDecision(
        Decision(
            at=at,
            org_id=HOUSE,
            kind=Kind.CHANGE,
            outcome=Outcome.ALLOW,
            model=model[:128],
            inputs={
                "what": "breaker",
                "name": model,
                "before": _facts(old),
                "after": _facts(new),
            },
            reason=(f"{reason}, {new.reason}" if new.reason else reason)[:MAX_REASON],
            actor=actor[:128],
        )
    )


def _facts(state: BreakerState) -> dict[str, Any]:
    retry_at = state.retry_at.isoformat() if state.retry_at else None
    return {"state": state.state, "permanent": state.permanent, "retry_at": retry_at}
