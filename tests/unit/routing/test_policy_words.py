"""Policies in plain words: every rule has some, and what changed is said once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from routing.core.policy import Mode, Rules
from routing.core.policy_draft import draft_from
from routing.core.policy_text import RULES, rules_from
from routing.core.policy_words import Difference, differences, effect_of, rule_lines

FULL: dict[str, Any] = {
    "allowed_providers": ["a"], "blocked_providers": ["b", "c"], "allowed_models": ["a/one"],
    "blocked_models": ["a/three", "a/two"], "regions": ["eu", "us"], "required_tags": ["no_train"],
    "max_cost_per_call_usd": "0.05", "max_cost_per_task_usd": "1.00", "max_p95_latency_ms": 9000,
    "min_quality": 0.6, "max_requests_per_minute": 60, "max_tokens_per_minute": 90_000,
    "unknown_price_allowed": False,
}  # fmt: skip


def test_every_rule_has_its_words() -> None:
    said = {line.rule: line.text for line in rule_lines(rules_from(FULL), Mode.HARD)}
    assert set(said) == set(RULES)
    assert said["allowed_providers"] == "Only the providers a"
    assert said["blocked_providers"] == "Never the providers b or c"
    assert said["regions"] == "Only models that run in eu or us"
    assert said["max_cost_per_call_usd"] == "A call may cost at most $0.05"
    assert said["max_p95_latency_ms"] == "p95 latency of at most 9,000 ms"
    assert said["unknown_price_allowed"] == "No model without a known price"
    assert rule_lines(Rules(), Mode.HARD) == ()
    (permits,) = rule_lines(Rules(unknown_price=True), Mode.HARD)
    assert permits.text == "Models without a known price may be used"


@pytest.mark.parametrize(
    "rule, mode, effect",
    [
        ("regions", Mode.HARD, "removes the model"),
        ("regions", Mode.SOFT, "removes the model"),
        ("regions", Mode.MONITOR, "only logged"),
        ("min_quality", Mode.HARD, "removes the model"),
        ("min_quality", Mode.SOFT, "gives way where nobody complies"),
        ("max_tokens_per_minute", Mode.SOFT, "calls wait, then go elsewhere"),
        ("max_tokens_per_minute", Mode.MONITOR, "limits nothing"),
    ],
)
def test_what_a_violation_leads_to_depends_on_rule_and_mode(
    rule: str, mode: Mode, effect: str
) -> None:
    assert effect_of(rule, mode) == effect


def test_versions_differ_in_what_was_added_changed_and_taken_away() -> None:
    before = draft_from(
        {"name": "p", "mode": "MONITOR", "rules": {"regions": ["eu"], "min_quality": 0.5}}
    )
    after = draft_from(
        {"name": "p", "mode": "HARD", "scope": "team", "team": "eng", "enabled": False,
         "rules": {"regions": ["eu", "us"], "blocked_models": ["m"]}}
    )  # fmt: skip
    assert differences(before, after) == (
        Difference("mode", "MONITOR", "HARD"),
        Difference("scope", "the whole organisation", "team eng"),
        Difference("regions", "Only models that run in eu", "Only models that run in eu or us"),
        Difference("min_quality", "Expected quality of at least 0.50", ""),
        Difference("state", "in force", "retired"),
        Difference("blocked_models", "", "Never the models m"),
    )
    assert differences(after, after) == ()


def test_scopes_are_said_with_what_narrows_them() -> None:
    run = UUID(int=7)
    base = {"name": "p", "mode": "HARD", "rules": {}}
    org, one = draft_from(base), draft_from(base | {"scope": "run", "run": str(run)})
    kind = {"scope": "task_type", "task_type": "summarization"}
    wide, narrow = draft_from(base | kind), draft_from(base | kind | {"team": "eng"})
    assert differences(org, one)[0].after == f"run {run}"
    assert differences(org, wide)[0].after == "tasks of the type summarization"
    assert differences(org, narrow)[0].after == "tasks of the type summarization in team eng"
