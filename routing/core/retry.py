"""What to do after a failed call: the one retry loop's rules.

Invariant: the decision follows from the error's class, its status and the number of tries;
never from the words of a message.
"""

from __future__ import annotations

from dataclasses import dataclass

from routing.core.errors import (
    ContextTooLong,
    PermanentModelError,
    ProviderError,
    TransientError,
)

MAX_RETRIES = 2
FIRST_BACKOFF_SECONDS = 0.5
MAX_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RetrySame:
    """Call the same model again, after a pause."""

    after_seconds: float


@dataclass(frozen=True, slots=True)
class NextModel:
    """Call the next fallback."""


@dataclass(frozen=True, slots=True)
class LargerWindow:
    """Call the next fallback whose window is larger than this model's."""


@dataclass(frozen=True, slots=True)
class FailAttempt:
    """Give up on this request: no other model would take it either."""

    reason: str


Decision = RetrySame | NextModel | LargerWindow | FailAttempt


def decide(
    error: ProviderError, tries: int, jitter: float, *, fallback_left: bool = True
) -> Decision:
    """Return what to do after `error`, the outcome of try number `tries` (1, 2, ...) at a model.

    `jitter` is uniform in [0, 1). `fallback_left`: another healthy model could take the call;
    then nobody waits a second time for an endpoint that did not answer at all, nor longer than
    `MAX_WAIT_SECONDS` for one that asks for it.
    """
    if isinstance(error, TransientError):
        return _after_transient(error, tries, jitter, fallback_left)
    if isinstance(error, PermanentModelError):
        return NextModel()
    if isinstance(error, ContextTooLong):
        return LargerWindow()
    return FailAttempt(str(error))


def backoff_seconds(tries: int, jitter: float) -> float:
    """Return the pause after try number `tries`: doubling, between half and all of it.

    Source: "equal jitter", AWS Architecture Blog, Exponential Backoff And Jitter, 2015.
    """
    longest: float = FIRST_BACKOFF_SECONDS * 2 ** (tries - 1)
    return longest * (0.5 + 0.5 * jitter)


def _after_transient(
    error: TransientError, tries: int, jitter: float, fallback_left: bool
) -> Decision:
    asked = error.retry_after_seconds or 0.0
    hopeless = error.status is None or asked > MAX_WAIT_SECONDS
    if tries > MAX_RETRIES or (hopeless and fallback_left):
        return NextModel()
    return RetrySame(min(max(asked, backoff_seconds(tries, jitter)), MAX_WAIT_SECONDS))
