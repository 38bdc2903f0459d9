"""What was seen of a kind of task, from which an estimate is made."""

from __future__ import annotations

from dataclasses import dataclass

from runs.core.tuning.assumptions import Assumptions


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen of a kind of task in `days` days: `tasks`, of which `sampled` were looked at.

    Costs are of the calls that write alone, a task's with all its attempts; reviews and
    judgements stand in `check_nanousd`, an attempt's mean. `cost_sd_nanousd` is between tasks.
    Tokens are a call's means. `attempts` is a task's mean. `quality` is the mean score with its
    sd, over `scores` scores; `ceiling` the mean score of the examples. `base_quality` and
    `base_sd`: what is believed of the untuned base model.
    """

    days: float
    tasks: int
    sampled: int
    cost_nanousd: float
    cost_sd_nanousd: float
    check_nanousd: float
    input_tokens: float
    output_tokens: float
    attempts: float
    quality: float
    quality_sd: float
    scores: int
    examples: int
    example_tokens: float
    ceiling: float
    base_quality: float
    base_sd: float


def missing_examples(facts: Facts, assumptions: Assumptions) -> int:
    """Return how many examples are missing before an estimate is honest."""
    return max(0, assumptions.min_examples - facts.examples)
