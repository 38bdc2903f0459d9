"""What a task does after each attempt: iterate, escalate, change the model, reword, or finish.

Invariant: whatever the attempts bring, a task ends within `max_iterations` + 2 of them, and
the best usable attempt is kept, not the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from routing.core.escalated import escalated
from runs.core.rules import TaskRules
from runs.core.status import TaskStatus, task_status

PLATEAU_WIDTH: Final = 0.02
PLATEAU_LENGTH: Final = 2
POOR_PLATEAU_LENGTH: Final = 3
"""How many equal scores end the iterations while the best is under half the threshold."""
ACCEPTABLE_RATIO: Final = 0.85


class AttemptKind(StrEnum):
    FIRST = "first"
    ITERATE = "iterate"
    ESCALATE = "escalate"
    NEXT_MODEL = "next_model"
    REWORD = "reword"


_ITERATIONS: Final = frozenset({AttemptKind.FIRST, AttemptKind.ITERATE, AttemptKind.ESCALATE})


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """What one finished attempt brought.

    `score` None: no judgement could be read. `validators_passed` None: none failed, but one
    could not run, which is never a pass. `escalate_to` is the model to go to if it falls short;
    empty: it was no first step of a cascade.
    """

    number: int
    model: str
    provider: str
    score: float | None
    validators_passed: bool | None
    has_output: bool
    kind: AttemptKind = AttemptKind.ITERATE
    escalate_to: str = ""

    @property
    def usable(self) -> bool:
        return self.has_output and self.validators_passed is not False


@dataclass(frozen=True, slots=True)
class Iterate:
    """Try again on the chosen model; `feedback_from` None: this is the first attempt."""

    feedback_from: int | None


@dataclass(frozen=True, slots=True)
class Escalate:
    """Go on with the better model of a cascade, whose first step fell short."""

    model: str
    feedback_from: int


@dataclass(frozen=True, slots=True)
class NextModel:
    """Try once on a model that is not among `exclude`."""

    exclude: frozenset[str]
    feedback_from: int


@dataclass(frozen=True, slots=True)
class Reword:
    """Try once with the prompt in another wording."""

    feedback_from: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The task's result; `best` is the number of the attempt kept, None when FAILED."""

    status: TaskStatus
    best: int | None
    note: str


Step = Iterate | Escalate | NextModel | Reword | Finish


def next_step(
    rules: TaskRules,
    threshold: float,
    attempts: Sequence[AttemptFacts],
    *,
    no_other_model: bool = False,
) -> Step:
    """Return what to do after these attempts, given in the order they were made.

    `no_other_model`: no further model may be used, so that step of the ladder is left out.
    """
    if not attempts:
        return Iterate(feedback_from=None)
    if _good_enough(threshold, attempts):
        return finish(threshold, attempts)
    last = attempts[-1].number
    kinds = {attempt.kind for attempt in attempts}
    if kinds <= _ITERATIONS and not _iterated_enough(rules, threshold, attempts):
        better = _next_of_cascade(attempts)
        return Escalate(better, last) if better else Iterate(feedback_from=last)
    if AttemptKind.REWORD in kinds:
        return finish(threshold, attempts)
    if AttemptKind.NEXT_MODEL in kinds or no_other_model:
        return Reword(feedback_from=last)
    # An attempt that no model answered names none.
    tried = frozenset(attempt.model for attempt in attempts if attempt.model)
    return NextModel(exclude=tried, feedback_from=last)


def learned_type(task_type: str, kind: str) -> str:
    """Return the type of task that an attempt is evidence of: what was escalated is harder."""
    return escalated(task_type) if kind == AttemptKind.ESCALATE else task_type


def finish(threshold: float, attempts: Sequence[AttemptFacts]) -> Finish:
    """Return the result that these attempts amount to, if no more are made."""
    best = best_attempt(threshold, attempts)
    if best is None:
        return Finish(TaskStatus.FAILED, None, _why_nothing_usable(attempts))
    return Finish(_status(best, threshold), best.number, _note(best, threshold))


def best_attempt(threshold: float, attempts: Sequence[AttemptFacts]) -> AttemptFacts | None:
    """Return the usable attempt to keep, the earlier of equals; None when none is usable.

    One that completes the task beats any that does not; a scored one beats an unscored one.
    """
    usable = [attempt for attempt in attempts if attempt.usable]
    return max(usable, key=lambda attempt: _rank(attempt, threshold), default=None)


def _rank(attempt: AttemptFacts, threshold: float) -> tuple[bool, float]:
    completes = _status(attempt, threshold) is TaskStatus.COMPLETED
    return completes, -1.0 if attempt.score is None else attempt.score


def _status(attempt: AttemptFacts, threshold: float) -> TaskStatus:
    return task_status(
        has_output=attempt.has_output,
        validators_passed=attempt.validators_passed,
        score=attempt.score,
        threshold=threshold,
    )


def _good_enough(threshold: float, attempts: Sequence[AttemptFacts]) -> bool:
    """Say whether another attempt could add nothing.

    A missing validator keeps a task from COMPLETED, and no further attempt would bring it.
    """
    return any(
        attempt.usable and attempt.score is not None and attempt.score >= threshold
        for attempt in attempts
    )


def _next_of_cascade(attempts: Sequence[AttemptFacts]) -> str:
    """Return the model to escalate to; empty: none, or nothing was found wrong yet.

    An output that nobody could judge did not fail its check.
    """
    first = attempts[0]
    unchecked = first.usable and first.score is None
    return "" if len(attempts) > 1 or unchecked else first.escalate_to


def _iterated_enough(
    rules: TaskRules, threshold: float, iterations: Sequence[AttemptFacts]
) -> bool:
    if len(iterations) >= rules.max_iterations:
        return True
    scores = [_effective(attempt) for attempt in iterations]
    known = [score for score in scores if score is not None]
    promising = max(known, default=0.0) >= threshold / 2
    return _level(known, PLATEAU_LENGTH if promising else POOR_PLATEAU_LENGTH)


def _effective(attempt: AttemptFacts) -> float | None:
    """Return the score, 0 for what cannot be used, None for what nobody could judge."""
    return attempt.score if attempt.usable else 0.0


def _level(scores: Sequence[float], length: int) -> bool:
    tail = scores[-length:]
    # Rounded: 0.52 - 0.50 is a hair above 0.02 in binary.
    return len(tail) == length and round(max(tail) - min(tail), 9) <= PLATEAU_WIDTH


def _note(best: AttemptFacts, threshold: float) -> str:
    if best.score is None:
        return "no judgement could be read; the output is kept unscored"
    if best.score >= threshold:
        return "" if best.validators_passed else "a validator could not run"
    if best.score >= ACCEPTABLE_RATIO * threshold:
        return f"accepted at {best.score:.2f}, below the threshold of {threshold:.2f}"
    return f"gave up; the best attempt scored {best.score:.2f} of {threshold:.2f}"


def _why_nothing_usable(attempts: Sequence[AttemptFacts]) -> str:
    with_output = sum(attempt.has_output for attempt in attempts)
    if not with_output:
        return "no attempt brought an output"
    every = "a validator failed in every attempt"
    return every if with_output == len(attempts) else f"{every} that brought an output"
