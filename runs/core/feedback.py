"""What an attempt that fell short tells the next one.

Invariant: only what concerns the work is told; how the engine fared is not the model's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runs.core.prompts import Feedback


def feedback_from(
    *,
    output: str,
    critique: str,
    validators: Sequence[Mapping[str, Any]],
    judgements: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
) -> Feedback:
    """Return the feedback of one attempt, its results given as they are stored."""
    failures = [] if output else list(notes)
    failures += [f"{v['name']}: {v['message']}" for v in validators if v["status"] == "FAILED"]
    failures += [judgement["reason"] for judgement in judgements if judgement["reason"]]
    return Feedback(output, critique, tuple(failures))


def length(feedback: Feedback | None) -> int:
    """Return how many characters of a prompt the feedback takes."""
    if feedback is None:
        return 0
    return len(feedback.output) + len(feedback.critique) + sum(map(len, feedback.failures))
