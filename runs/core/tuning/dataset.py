"""Which accepted outputs become examples to learn from, and how each is written.

Invariant: of the same task all examples fall into the same part, whatever else is exported.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from routing.core.request import Message
from runs.core.prompts import Assignment, generation_prompt
from runs.core.similarity import SIGNATURE_BYTES, estimate, signature, text_digest

VALIDATION_SHARE: Final = 0.1
# Examples this alike teach the same thing twice.
NEAR_DUPLICATE: Final = 0.9
# A verdict below this says that the output was not what was wanted.
NEGATIVE_FEEDBACK: Final = 0.5
NO_TRAIN: Final = "no_train"
# A model whose terms forbid to train others on what it wrote carries this tag.
NO_OUTPUT_TRAINING: Final = "no_output_training"


class Part(StrEnum):
    """What examples are used for."""

    TRAIN = "train"
    VALIDATION = "validation"


class LeftOut(StrEnum):
    """Why an attempt is no example."""

    POLICY = "policy"
    MODEL_TERMS = "model_terms"
    NEEDS_CONTEXT = "needs_context"
    NOT_ACCEPTED = "not_accepted"
    NEGATIVE_FEEDBACK = "negative_feedback"
    EXACT_DUPLICATE = "exact_duplicate"
    NEAR_DUPLICATE = "near_duplicate"


@dataclass(frozen=True, slots=True)
class Judged:
    """An attempt with what decides whether it may be learned from.

    `score` None: nobody could judge it. `feedback` holds people's verdicts on its task.
    `no_train`: a policy that holds for it forbids training. `tags` are those of its model.
    `builds_on_others`: it was written with other tasks' outputs at hand, which no example holds.
    """

    score: float | None
    threshold: float
    validators_passed: bool | None
    feedback: tuple[float, ...] = ()
    no_train: bool = False
    tags: frozenset[str] = frozenset()
    builds_on_others: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A task and an output that was accepted, both free of secrets."""

    id: int
    task_type: str
    prompt: str
    criteria: str
    output: str
    score: float

    @property
    def task_hash(self) -> str:
        """Return what equal tasks share."""
        return text_digest(self.prompt, self.criteria)


@dataclass(frozen=True, slots=True)
class Selection:
    """The examples that are kept, in the order they came, and how many were left out by why."""

    kept: tuple[Example, ...]
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)


def refusal(attempt: Judged) -> LeftOut | None:
    """Return why an attempt may not be learned from; None: it may."""
    if attempt.no_train:
        return LeftOut.POLICY
    if NO_OUTPUT_TRAINING in attempt.tags:
        return LeftOut.MODEL_TERMS
    if attempt.builds_on_others:
        return LeftOut.NEEDS_CONTEXT
    reached = attempt.score is not None and attempt.score >= attempt.threshold
    if not reached or attempt.validators_passed is not True:
        return LeftOut.NOT_ACCEPTED
    if attempt.feedback and min(attempt.feedback) < NEGATIVE_FEEDBACK:
        return LeftOut.NEGATIVE_FEEDBACK
    return None


def without_duplicates(examples: Sequence[Example]) -> Selection:
    """Keep the best output of each task, and of tasks that are nearly the same."""
    counts: Counter[LeftOut] = Counter()
    seen: set[str] = set()
    signatures: list[bytes] = []
    kept: set[int] = set()
    for place in sorted(range(len(examples)), key=lambda at: (-examples[at].score, at)):
        one = examples[place]
        if one.task_hash in seen:
            counts[LeftOut.EXACT_DUPLICATE] += 1
            continue
        seen.add(one.task_hash)
        signed = signature(one.prompt, one.output)
        if signed != bytes(SIGNATURE_BYTES) and _is_near(signed, signatures):
            counts[LeftOut.NEAR_DUPLICATE] += 1
            continue
        signatures.append(signed)
        kept.add(place)
    return Selection(tuple(examples[place] for place in sorted(kept)), dict(counts))


def part_of(example: Example, validation_share: float = VALIDATION_SHARE) -> Part:
    """Return the part an example falls into, by its task alone."""
    digest = hashlib.sha256(f"part {example.task_hash}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    return Part.VALIDATION if place < validation_share else Part.TRAIN


def openai_line(example: Example) -> str:
    """Write an example as the chat format has it: `messages`, the last the assistant's.

    Source: OpenAI, Supervised fine-tuning guide; Mistral, Together and Fireworks take the same.
    """
    asked = [{"role": one.role, "content": one.content} for one in _asked(example)]
    return _written({"messages": [*asked, {"role": "assistant", "content": example.output}]})


def gemini_line(example: Example) -> str:
    """Write an example as Gemini's tuning reads it: `contents`, the last the model's.

    Source: Google Cloud, Prepare supervised fine-tuning data for Gemini models, 2025-09-04.
    """
    asked = _asked(example)
    system = [{"text": one.content} for one in asked if one.role == "system"]
    contents = [_content("user", one.content) for one in asked if one.role == "user"]
    return _written(
        {
            "systemInstruction": {"role": "system", "parts": system},
            "contents": [*contents, _content("model", example.output)],
        }
    )


FORMATS: Final[Mapping[str, Callable[[Example], str]]] = {
    "openai": openai_line,
    "gemini": gemini_line,
}


def _is_near(signed: bytes, others: Iterable[bytes]) -> bool:
    return any(estimate(signed, other) >= NEAR_DUPLICATE for other in others)


def _asked(example: Example) -> tuple[Message, ...]:
    """Return the task in the words in which the engine will ask for such work."""
    assignment = Assignment(example.task_type, example.prompt, example.criteria)
    return generation_prompt(assignment, example.task_hash[:16])


def _content(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"text": text}]}


def _written(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
