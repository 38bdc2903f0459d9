"""Defaults that govern tasks and runs: the one place to change a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class TaskType(StrEnum):
    CODE_GENERATION = "code_generation"
    CODE_REVIEW = "code_review"
    COMPLEX_REASONING = "complex_reasoning"
    CREATIVE_WRITING = "creative_writing"
    DATA_EXTRACTION = "data_extraction"
    SUMMARIZATION = "summarization"
    EVALUATION = "evaluation"


class Phase(StrEnum):
    DECOMPOSITION = "decomposition"
    GENERATION = "generation"
    CROSS_REVIEW = "cross_review"
    EVALUATION = "evaluation"


@dataclass(frozen=True, slots=True)
class TaskRules:
    """When a task of one type is good enough, and how long to try.

    `threshold` is a score in (0, 1]; `max_iterations` counts attempts on the chosen model.
    """

    threshold: float
    max_iterations: int
    max_output_tokens: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a run may be. Depth counts the tasks of the longest chain."""

    max_tasks: int = 64
    max_depth: int = 16
    max_prompt_chars: int = 32_000
    max_project_chars: int = 100_000
    max_criteria_chars: int = 20_000
    max_parallel_tasks: int = 8


RULES: Final[Mapping[TaskType, TaskRules]] = MappingProxyType(
    {
        TaskType.CODE_GENERATION: TaskRules(0.85, 3, 8192),
        TaskType.CODE_REVIEW: TaskRules(0.75, 4, 4096),
        TaskType.COMPLEX_REASONING: TaskRules(0.90, 3, 4096),
        TaskType.CREATIVE_WRITING: TaskRules(0.80, 2, 4096),
        TaskType.DATA_EXTRACTION: TaskRules(0.90, 2, 2048),
        TaskType.SUMMARIZATION: TaskRules(0.80, 2, 1024),
        TaskType.EVALUATION: TaskRules(0.80, 2, 2048),
    }
)
LIMITS: Final = Limits()
FALLBACK_TYPE: Final = TaskType.COMPLEX_REASONING

MAX_REASONING_OUTPUT_TOKENS: Final = 16_384
REASONING_TIMEOUT_SECONDS: Final = 240.0
CODE_TIMEOUT_SECONDS: Final = 120.0
TIMEOUT_SECONDS: Final = 60.0

DEFAULT_BUDGET_NANOUSD: Final = 2_000_000_000
JUDGE_TEMPERATURE: Final = 0.1

_CODE: Final = frozenset({TaskType.CODE_GENERATION, TaskType.CODE_REVIEW})


def rules_for(task_type: str) -> TaskRules:
    """Return the rules of a task type.

    Raises: ValueError for a type that does not exist.
    """
    return RULES[TaskType(task_type)]


def output_tokens(max_output_tokens: int, *, reasoning: bool) -> int:
    """Return the output tokens to allow; a reasoning model also spends them on thinking."""
    if not reasoning:
        return max_output_tokens
    return max(max_output_tokens, min(2 * max_output_tokens, MAX_REASONING_OUTPUT_TOKENS))


def timeout_seconds(task_type: str, *, reasoning: bool) -> float:
    """Return how long one request may take."""
    if reasoning:
        return REASONING_TIMEOUT_SECONDS
    return CODE_TIMEOUT_SECONDS if task_type in _CODE else TIMEOUT_SECONDS
