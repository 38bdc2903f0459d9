"""Requests and the key under which their replies are kept."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from routing.core.errors import InsufficientBudget, NoCandidate, TransientError
from routing.core.request import Message, ModelRequest, cache_key

REQUEST = ModelRequest(
    phase="generation",
    task_type="summarization",
    messages=(Message("system", "Be brief."), Message("user", "Say \ud800 hi.")),
    max_output_tokens=100,
    temperature=0.1,
    timeout_seconds=60.0,
)


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, messages=REQUEST.messages[:1]),
        replace(REQUEST, messages=(Message("user", "Be brief."), REQUEST.messages[1])),
        replace(REQUEST, messages=(Message("system", "Be brief.user"), REQUEST.messages[1])),
        replace(REQUEST, max_output_tokens=101),
        replace(REQUEST, temperature=None),
        replace(REQUEST, json_output=True),
        replace(REQUEST, sample=1),
    ],
)
def test_requests_that_ask_for_something_else_never_share_a_key(other: ModelRequest) -> None:
    assert cache_key("m", other) != cache_key("m", REQUEST)


def test_the_key_depends_on_the_model() -> None:
    assert cache_key("m", REQUEST) != cache_key("n", REQUEST)


def test_what_does_not_change_the_question_does_not_change_the_key() -> None:
    other = replace(REQUEST, phase="evaluation", task_type="evaluation", timeout_seconds=1.0)
    assert cache_key("m", other) == cache_key("m", REQUEST)


def test_errors_carry_what_the_money_and_the_breaker_need() -> None:
    error = TransientError("busy", status=429, possibly_billed=False, retry_after_seconds=3.0)
    assert (str(error), error.status, error.possibly_billed) == ("busy", 429, False)
    assert error.retry_after_seconds == 3.0
    assert NoCandidate(["a", "b"], None).removed == ("a", "b")


def test_a_refused_budget_keeps_what_refused() -> None:
    refusal = SimpleNamespace(scope="team")
    error = InsufficientBudget(refusal)
    assert error.refusal is refusal
    assert "team budget" in str(error)
