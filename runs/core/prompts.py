"""The words in which models are asked to plan, write, criticise, revise and judge.

Invariant: whatever a person or a model wrote stands between marks that carry the nonce, and
nothing in a judge's prompt tells who wrote the output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from routing.core.request import Message
from runs.core import wordings
from runs.core.context import Excerpt, cut
from runs.core.critique import MAX_CRITIQUE_CHARS
from runs.core.rules import LIMITS
from runs.core.untrusted import enclose, rule

Messages = tuple[Message, ...]

MAX_OUTPUT_CHARS: Final = 100_000
MAX_FAILURE_CHARS: Final = 8_000
MAX_REPLY_CHARS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task as the models see it; `criteria` may be empty."""

    task_type: str
    prompt: str
    criteria: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What an earlier attempt brought and what was wrong with it.

    `failures`: messages of validators, reasons of judges, or why there was no output.
    """

    output: str = ""
    critique: str = ""
    failures: tuple[str, ...] = ()


def plan_prompt(project: str, criteria: str, nonce: str) -> Messages:
    """Ask for a plan of the project."""
    parts = [enclose("project", project, nonce, LIMITS.max_project_chars)]
    return _messages(wordings.PLAN, [*parts, *_criteria(criteria, nonce)], nonce)


def plan_repair_prompt(asked: Messages, reply: str, error: str, nonce: str) -> Messages:
    """Ask once more for a plan, showing why the last one was refused."""
    why = enclose("reason", error, nonce, MAX_FAILURE_CHARS)
    return _follow_up(asked, reply, f"{wordings.REPAIR}\n\n{why}")


def generation_prompt(
    assignment: Assignment,
    nonce: str,
    *,
    context: Sequence[Excerpt] = (),
    feedback: Feedback | None = None,
    variant: int = 0,
) -> Messages:
    """Ask for the work itself; `variant` 1 is the other wording of the remediation ladder."""
    wording = wordings.WORDINGS[variant % len(wordings.WORDINGS)]
    parts = [*_assignment(assignment, nonce), *_context(context, nonce)]
    return _messages(_typed(wording, assignment), parts + _feedback(feedback, nonce), nonce)


def critique_prompt(assignment: Assignment, output: str, nonce: str) -> Messages:
    """Ask for the problems of an output."""
    parts = [*_assignment(assignment, nonce), _output("output", output, nonce)]
    return _messages(_typed(wordings.CRITIQUE, assignment), parts, nonce)


def revision_prompt(assignment: Assignment, output: str, critique: str, nonce: str) -> Messages:
    """Ask for an output with its critique answered."""
    parts = [
        *_assignment(assignment, nonce),
        _output("answer", output, nonce),
        enclose("critique", critique, nonce, MAX_CRITIQUE_CHARS),
    ]
    return _messages(_typed(wordings.REVISE, assignment), parts, nonce)


def judge_prompt(assignment: Assignment, output: str, judge_index: int, nonce: str) -> Messages:
    """Ask one judge for a score; `judge_index` counts from 0."""
    asked = _typed(wordings.JUDGE.format(number=judge_index + 1), assignment)
    parts = [*_assignment(assignment, nonce), _output("output", output, nonce)]
    return _messages(asked, parts, nonce)


def judge_again_prompt(asked: Messages, reply: str) -> Messages:
    """Ask a judge once more whose reply could not be read."""
    return _follow_up(asked, reply, wordings.JUDGE_AGAIN)


def _messages(instruction: str, parts: Sequence[str], nonce: str) -> Messages:
    return (
        Message("system", f"{instruction}\n\n{rule(nonce)}"),
        Message("user", "\n\n".join(parts)),
    )


def _follow_up(asked: Messages, reply: str, instruction: str) -> Messages:
    # Providers refuse an empty turn.
    said = cut(reply.strip(), MAX_REPLY_CHARS) or "(no text)"
    return (*asked, Message("assistant", said), Message("user", instruction))


def _typed(instruction: str, assignment: Assignment) -> str:
    return f"{instruction}\nTask type: {assignment.task_type}"


def _assignment(assignment: Assignment, nonce: str) -> list[str]:
    task = enclose("task", assignment.prompt, nonce, LIMITS.max_project_chars)
    return [task, *_criteria(assignment.criteria, nonce)]


def _criteria(criteria: str, nonce: str) -> list[str]:
    if not criteria.strip():
        return []
    return [enclose("success criteria", criteria, nonce, LIMITS.max_criteria_chars)]


def _output(label: str, text: str, nonce: str) -> str:
    return enclose(label, text, nonce, MAX_OUTPUT_CHARS)


def _context(context: Sequence[Excerpt], nonce: str) -> list[str]:
    return [
        f"Already done, {excerpt.key}"
        + (f" ({excerpt.cut_chars} characters left out):\n" if excerpt.cut_chars else ":\n")
        + enclose("context", excerpt.text, nonce, MAX_OUTPUT_CHARS)
        for excerpt in context
    ]


def _feedback(feedback: Feedback | None, nonce: str) -> list[str]:
    if feedback is None:
        return []
    parts = ["An earlier attempt at this task was not good enough. Do better where it failed."]
    if feedback.output.strip():
        parts.append(_output("earlier answer", feedback.output, nonce))
    if feedback.critique.strip():
        parts.append(enclose("critique", feedback.critique, nonce, MAX_CRITIQUE_CHARS))
    if feedback.failures:
        listed = "\n".join(f"- {failure}" for failure in feedback.failures)
        parts.append(enclose("failures", listed, nonce, MAX_FAILURE_CHARS))
    return parts
