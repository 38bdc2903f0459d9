"""What one attempt tells the next."""

from __future__ import annotations

from typing import Any

from runs.core.feedback import feedback_from, length
from runs.core.prompts import Feedback

FAILED = {"name": "ruff", "status": "FAILED", "message": "line 1: unused import"}
PASSED = {"name": "length", "status": "PASSED", "message": "900 characters"}
MISSING = {"name": "latex", "status": "UNAVAILABLE", "message": "no pdflatex"}


def make(**overrides: Any) -> Feedback:
    given: dict[str, Any] = {
        "output": "text",
        "critique": "",
        "validators": [],
        "judgements": [],
        "notes": [],
    }
    return feedback_from(**{**given, **overrides})


def test_failed_validators_and_the_judges_reasons_are_told() -> None:
    judged = [{"model": "m", "score": 0.5, "reason": "too short"}, {"model": "n", "reason": ""}]

    told = make(critique="1. Thin.", validators=[FAILED, PASSED, MISSING], judgements=judged)

    assert told == Feedback("text", "1. Thin.", ("ruff: line 1: unused import", "too short"))


def test_how_the_engine_fared_is_told_only_when_there_is_no_output() -> None:
    assert make(notes=["not reviewed: nobody"]).failures == ()
    assert make(output="", notes=["no output: refused"]).failures == ("no output: refused",)


def test_length_counts_every_part() -> None:
    assert length(None) == 0
    assert length(Feedback("12345", "123", ("1", "12"))) == 11
