"""One model's circuit breaker as a state machine over observed outcomes.

Invariant: CLOSED has fewer than STRIKES_TO_OPEN strikes and no `retry_at`; OPEN has an
`opened_at` and a `retry_at`; HALF_OPEN has one probe under way, begun at `probe_started_at`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

CLOSED, OPEN, HALF_OPEN = "CLOSED", "OPEN", "HALF_OPEN"
OK, TRANSIENT, PERMANENT, INCONCLUSIVE = "ok", "transient", "permanent", "inconclusive"

STRIKES_TO_OPEN = 3
COOLDOWN_SECONDS = 30
MAX_COOLDOWN_SECONDS = 15 * 60
# A permanent failure is asked again once a day, in case somebody has put it right elsewhere.
PERMANENT_RETRY = timedelta(days=1)
# Longer than the longest call; a probe whose outcome never came died with its worker.
PROBE_TIMEOUT = timedelta(seconds=300)


@dataclass(frozen=True, slots=True)
class BreakerState:
    """Hold what is known of one model's health.

    `retry_at` is when an OPEN breaker lets a probe through; `cooldown_seconds` how long it
    stays open this time; `permanent` that waiting a while will not cure it.
    """

    state: str = CLOSED
    strikes: int = 0
    cooldown_seconds: int = 0
    opened_at: datetime | None = None
    retry_at: datetime | None = None
    permanent: bool = False
    reason: str = ""
    probe_started_at: datetime | None = None


HEALTHY = BreakerState()


def observe(breaker: BreakerState, outcome: str, reason: str, at: datetime) -> BreakerState:
    """Return the breaker after one outcome: ok, transient, permanent or inconclusive.

    Inconclusive is an answer that says nothing of the model's health, as a request that was
    wrong; it gives the probe back.
    """
    if outcome == OK:
        return _succeed(breaker)
    if outcome == PERMANENT:
        return _open_permanently(breaker, reason, at)
    if outcome == TRANSIENT:
        return _strike(breaker, reason, at)
    return _give_probe_back(breaker, at)


def may_probe(breaker: BreakerState, at: datetime) -> bool:
    """Tell whether a probe may be let through now."""
    if breaker.state == OPEN:
        return breaker.retry_at is None or breaker.retry_at <= at
    if breaker.state == HALF_OPEN:
        started_at = breaker.probe_started_at
        return started_at is None or started_at + PROBE_TIMEOUT <= at
    return False


def take_probe(breaker: BreakerState, at: datetime) -> BreakerState | None:
    """Return the breaker with a probe under way; None where none may be let through."""
    if not may_probe(breaker, at):
        return None
    return replace(breaker, state=HALF_OPEN, probe_started_at=at)


def admits(breaker: BreakerState, at: datetime) -> bool:
    """Tell whether the model may be called now, be it as a probe."""
    return breaker.state == CLOSED or may_probe(breaker, at)


def available_at(breaker: BreakerState) -> datetime | None:
    """Return when a model that is not admitted may be back; None when it is CLOSED.

    One that is being probed may be back at any moment since the probe began.
    """
    if breaker.state == HALF_OPEN and breaker.probe_started_at is not None:
        return breaker.probe_started_at
    return breaker.retry_at


def _succeed(breaker: BreakerState) -> BreakerState:
    # A success while OPEN belongs to a call sent before the breaker opened, and proves nothing
    # about now; the probe will.
    return breaker if breaker.state == OPEN else HEALTHY


def _strike(breaker: BreakerState, reason: str, at: datetime) -> BreakerState:
    if breaker.state == OPEN:
        return breaker  # a late answer of a call sent before it opened
    if breaker.state == HALF_OPEN:
        return _reopen(breaker, reason, at)
    strikes = breaker.strikes + 1
    if strikes < STRIKES_TO_OPEN:
        return replace(breaker, strikes=strikes, reason=reason)
    return _open(strikes, COOLDOWN_SECONDS, reason, at)


def _reopen(breaker: BreakerState, reason: str, at: datetime) -> BreakerState:
    if breaker.permanent:  # the cause may be still there: no sooner than the longest cooldown
        retry_at = at + timedelta(seconds=MAX_COOLDOWN_SECONDS)
        return replace(breaker, state=OPEN, retry_at=retry_at, probe_started_at=None)
    cooldown = min(2 * breaker.cooldown_seconds, MAX_COOLDOWN_SECONDS)
    return _open(breaker.strikes + 1, cooldown, reason, at)


def _open(strikes: int, cooldown_seconds: int, reason: str, at: datetime) -> BreakerState:
    return BreakerState(
        state=OPEN,
        strikes=strikes,
        cooldown_seconds=cooldown_seconds,
        opened_at=at,
        retry_at=at + timedelta(seconds=cooldown_seconds),
        reason=reason,
    )


def _open_permanently(breaker: BreakerState, reason: str, at: datetime) -> BreakerState:
    if breaker.permanent and breaker.state == OPEN:
        return breaker
    opened = _open(breaker.strikes, breaker.cooldown_seconds, reason, at)
    return replace(opened, permanent=True, retry_at=at + PERMANENT_RETRY)


def _give_probe_back(breaker: BreakerState, at: datetime) -> BreakerState:
    if breaker.state != HALF_OPEN:
        return breaker
    return replace(breaker, state=OPEN, retry_at=at, probe_started_at=None)
