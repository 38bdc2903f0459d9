"""What follows a failed call."""

from __future__ import annotations

import pytest

from routing.core.errors import (
    ContentRefused,
    ContextTooLong,
    PermanentModelError,
    ProviderError,
    RequestError,
    TransientError,
)
from routing.core.retry import (
    Decision,
    FailAttempt,
    LargerWindow,
    NextModel,
    RetrySame,
    backoff_seconds,
    decide,
)


def make(
    kind: type[ProviderError], status: int | None = 503, retry_after: float | None = None
) -> ProviderError:
    return kind("why", status=status, possibly_billed=False, retry_after_seconds=retry_after)


TABLE: list[tuple[ProviderError, int, bool, Decision]] = [
    (make(TransientError), 1, True, RetrySame(0.375)),
    (make(TransientError), 2, True, RetrySame(0.75)),
    (make(TransientError), 3, True, NextModel()),
    (make(TransientError), 3, False, NextModel()),
    (make(TransientError, 429, 7.0), 1, True, RetrySame(7.0)),
    (make(TransientError, 429, 0.0), 1, True, RetrySame(0.375)),
    (make(TransientError, 429, 60.0), 2, True, RetrySame(60.0)),
    (make(TransientError, 429, 61.0), 1, True, NextModel()),
    (make(TransientError, 429, 3600.0), 1, False, RetrySame(60.0)),
    (make(TransientError, None), 1, True, NextModel()),
    (make(TransientError, None), 1, False, RetrySame(0.375)),
    (make(PermanentModelError, 401), 1, True, NextModel()),
    (make(PermanentModelError, 404), 1, False, NextModel()),
    (make(ContextTooLong, 400), 1, True, LargerWindow()),
    (make(ContentRefused, 200), 1, True, FailAttempt("why")),
    (make(RequestError, 400), 1, True, FailAttempt("why")),
    (make(ProviderError, 500), 1, True, FailAttempt("why")),
]


@pytest.mark.parametrize(("error", "tries", "fallback_left", "decision"), TABLE)
def test_decide_follows_the_table(
    error: ProviderError, tries: int, fallback_left: bool, decision: Decision
) -> None:
    assert decide(error, tries, 0.5, fallback_left=fallback_left) == decision


@pytest.mark.parametrize("words", ["404", "401 Unauthorized", "context too long", "rate limit"])
def test_decide_reads_no_words(words: str) -> None:
    error = TransientError(words, status=500, possibly_billed=False)
    assert decide(error, 1, 0.5) == RetrySame(0.375)


def test_a_fallback_is_taken_to_be_left_unless_it_is_said_not_to_be() -> None:
    assert decide(make(TransientError, None), 1, 0.5) == NextModel()


def test_backoff_doubles_and_its_jitter_takes_at_most_half() -> None:
    assert [backoff_seconds(tries, 0.0) for tries in (1, 2, 3)] == [0.25, 0.5, 1.0]
    assert [backoff_seconds(tries, 1.0) for tries in (1, 2, 3)] == [0.5, 1.0, 2.0]
