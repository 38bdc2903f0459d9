from __future__ import annotations

import pytest

from runs.core.rules import (
    LIMITS,
    RULES,
    TaskRules,
    TaskType,
    output_tokens,
    rules_for,
    timeout_seconds,
)


@pytest.mark.parametrize(
    ("task_type", "threshold", "iterations", "tokens"),
    [
        ("code_generation", 0.85, 3, 8192),
        ("code_review", 0.75, 4, 4096),
        ("complex_reasoning", 0.90, 3, 4096),
        ("creative_writing", 0.80, 2, 4096),
        ("data_extraction", 0.90, 2, 2048),
        ("summarization", 0.80, 2, 1024),
        ("evaluation", 0.80, 2, 2048),
    ],
)
def test_every_type_has_its_documented_rules(task_type, threshold, iterations, tokens):
    assert rules_for(task_type) == TaskRules(threshold, iterations, tokens)


def test_no_type_is_without_rules():
    assert set(RULES) == set(TaskType)


def test_an_unknown_type_has_no_rules():
    with pytest.raises(ValueError, match="poetry"):
        rules_for("poetry")


@pytest.mark.parametrize(
    ("tokens", "reasoning", "allowed"),
    [
        (4096, False, 4096),
        (4096, True, 8192),
        (8192, True, 16_384),
        (10_000, True, 16_384),
        (20_000, True, 20_000),  # the cap never takes away what was there
    ],
)
def test_reasoning_models_get_twice_the_output_tokens_up_to_a_cap(tokens, reasoning, allowed):
    assert output_tokens(tokens, reasoning=reasoning) == allowed


@pytest.mark.parametrize(
    ("task_type", "reasoning", "seconds"),
    [
        ("code_generation", False, 120),
        ("code_review", False, 120),
        ("summarization", False, 60),
        ("complex_reasoning", False, 60),
        ("code_generation", True, 240),
        ("summarization", True, 240),
    ],
)
def test_timeouts_follow_the_kind_of_work(task_type, reasoning, seconds):
    assert timeout_seconds(task_type, reasoning=reasoning) == seconds


def test_limits_are_the_documented_ones():
    assert (LIMITS.max_tasks, LIMITS.max_depth, LIMITS.max_parallel_tasks) == (64, 16, 8)
    assert LIMITS.max_prompt_chars == 32_000
    assert (LIMITS.max_project_chars, LIMITS.max_criteria_chars) == (100_000, 20_000)
