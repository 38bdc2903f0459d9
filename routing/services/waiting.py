"""What a call does when no model can take it: wait where that may help, else say why not."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from routing.core.errors import InsufficientBudget, NoCandidate
from routing.services.calling import CallContext
from routing.services.decisions import RecordDecision
from routing.services.effort import Effort
from routing.services.selection import Wanted, short_of_money
from telemetry.services.journal import Journal

MONEY_POLL_SECONDS = 0.25
HEALTH_POLL_SECONDS = 0.5


async def wait_or_deny(
    journal: Journal,
    error: NoCandidate,
    wanted: Wanted,
    context: CallContext,
    effort: Effort,
    patience_ends: datetime,
) -> None:
    """Return when another look may find a model. Raises: why no call is made, once recorded."""
    now = timezone.now()
    if effort.pinned is not None:  # its breaker opened during the pause
        effort.pinned = None
    elif effort.refusal is not None and short_of_money(error):
        await _wait_for_money(journal, error, wanted, context, effort)
    elif wanted.patient and now < patience_ends and _back_by(error, patience_ends):
        effort.start_over()
        wait = (error.retry_at - now).total_seconds() if error.retry_at else 0.0
        await context.pause(max(wait, HEALTH_POLL_SECONDS))
    else:
        await _deny(journal, error, wanted, context, "no model is left")
        raise error


async def _wait_for_money(
    journal: Journal, error: NoCandidate, wanted: Wanted, context: CallContext, effort: Effort
) -> None:
    """Wait while other calls of the run hold money that may come back."""
    refusal = effort.refusal
    if refusal is None or refusal.held_nanousd == 0 or refusal.scope != "run":
        await _deny(journal, error, wanted, context, "the money does not reach")
        raise InsufficientBudget(refusal) from error
    effort.refusal = None
    await context.pause(MONEY_POLL_SECONDS)


async def _deny(
    journal: Journal, error: NoCandidate, wanted: Wanted, context: CallContext, reason: str
) -> None:
    decision = RecordDecision.denied(
        context, phase=wanted.phase, error=error, reason=reason, at=timezone.now()
    )
    await journal.write(decision, guard=context.guard)


def _back_by(error: NoCandidate, when: datetime) -> bool:
    return error.retry_at is not None and error.retry_at <= when
