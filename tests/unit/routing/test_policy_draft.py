"""Policies as people write them: as data and as YAML, read whole or refused by field and line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given

from routing.core.policy import Mode, Rules
from routing.core.policy_draft import Draft, draft_from
from routing.core.policy_text import RULES, InvalidPolicy, rules_as_json, rules_from
from routing.core.policy_yaml import InvalidYaml, draft_as_yaml, draft_from_yaml
from tests.unit.routing import policies
from tests.unit.routing.policies import few

FULL: dict[str, Any] = {
    "allowed_providers": ["a"], "blocked_providers": ["b"], "allowed_models": ["a/one"],
    "blocked_models": ["a/two"], "regions": ["eu"], "required_tags": ["no_train"],
    "max_cost_per_call_usd": "0.05", "max_cost_per_task_usd": "1.00", "max_p95_latency_ms": 9000,
    "min_quality": 0.6, "max_requests_per_minute": 60, "max_tokens_per_minute": 90_000,
    "unknown_price_allowed": False,
}  # fmt: skip
DRAFT: dict[str, Any] = {"name": "eu only", "mode": "HARD", "rules": {"regions": ["eu"]}}


def test_every_rule_can_be_written_and_read() -> None:
    assert set(FULL) == set(RULES)
    read = rules_from(FULL)
    assert read.max_cost_per_call_nanousd == 50_000_000
    assert rules_as_json(read) == FULL
    assert not read.empty
    assert rules_from(dict.fromkeys(RULES)) == Rules()
    assert Rules().empty


@few
@given(policies.rules)
def test_rules_read_as_they_were_written(rules: Rules) -> None:
    if frozenset() not in (rules.allowed_models, rules.allowed_providers, rules.regions):
        assert rules_from(rules_as_json(rules)) == rules


WRONG: list[tuple[str, Any]] = [
    ("allowed_models", []), ("allowed_models", "a/one"), ("allowed_models", [1]),
    ("blocked_models", [" "]), ("blocked_models", ["x" * 129]), ("blocked_models", ["a\x00"]),
    ("blocked_models", ["x"] * 201), ("max_cost_per_call_usd", "0"),
    ("max_cost_per_call_usd", "-1"), ("max_cost_per_call_usd", 1e309),
    ("max_cost_per_call_usd", True), ("max_p95_latency_ms", 0), ("max_p95_latency_ms", True),
    ("max_p95_latency_ms", "9"), ("max_tokens_per_minute", 10**10), ("min_quality", 0),
    ("min_quality", 1.1), ("min_quality", float("nan")), ("min_quality", Decimal("NaN")),
    ("min_quality", True), ("unknown_price_allowed", 1), ("speed", 1),
]  # fmt: skip


@pytest.mark.parametrize("rule, value", WRONG)
def test_a_rule_that_makes_no_sense_is_refused_by_name(rule: str, value: Any) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        rules_from({rule: value})
    assert list(refused.value.errors) == [f"rules.{rule}"]
    assert f"rules.{rule}: " in str(refused.value)


def test_rules_are_an_object() -> None:
    with pytest.raises(InvalidPolicy, match="rules"):
        rules_from(["regions"])


def test_a_draft_reads_as_it_was_written() -> None:
    for extra in (
        {}, {"scope": "team", "team": "eng"}, {"scope": "run", "run": str(uuid4())},
        {"scope": "task_type", "task_type": "evaluation", "team": "eng"},
        {"enabled": False, "note": "why"}, {"team": "", "run": "", "task_type": ""},
    ):  # fmt: skip
        draft = draft_from(DRAFT | extra)
        assert draft_from(draft.as_json()) == draft
        assert draft_from_yaml(draft_as_yaml(draft)) == draft
    assert draft_from(DRAFT) == Draft("eu only", Mode.HARD, Rules(regions=frozenset({"eu"})))


MISWRITTEN: list[tuple[dict[str, Any], str]] = [
    ({"name": "-x"}, "name"), ({"name": None}, "name"), ({"name": "x" * 65}, "name"),
    ({"mode": "hard"}, "mode"), ({"mode": None}, "mode"), ({"mode": ["HARD"]}, "mode"),
    ({"scope": "house"}, "scope"), ({"scope": "team"}, "team"), ({"scope": "run"}, "run"),
    ({"scope": "task_type"}, "task_type"), ({"team": "eng"}, "team"),
    ({"scope": "team", "team": "eng", "run": str(uuid4())}, "run"), ({"run": "7"}, "run"),
    ({"scope": "run", "team": "eng", "run": str(uuid4())}, "team"),
    ({"task_type": "poetry"}, "task_type"), ({"task_type": {}}, "task_type"),
    ({"team": 7}, "team"), ({"note": "a\x00"}, "note"), ({"note": "x" * 501}, "note"),
    ({"enabled": "yes"}, "enabled"), ({"rules": None}, "rules"), ({"colour": 1}, "colour"),
    ({"rules": {"speed": 1}}, "rules.speed"),
]  # fmt: skip


@pytest.mark.parametrize("change, field", MISWRITTEN)
def test_a_draft_that_makes_no_sense_is_refused_by_field(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        draft_from(DRAFT | change)
    assert field in refused.value.errors


def test_a_draft_is_an_object() -> None:
    with pytest.raises(InvalidPolicy, match="object"):
        draft_from("eu only")


def test_money_in_yaml_is_read_exactly() -> None:
    draft = draft_from_yaml("name: p\nmode: SOFT\nrules:\n  max_cost_per_call_usd: 0.1\n"
                            "  max_cost_per_task_usd: 2\n  min_quality: 0.5\n")  # fmt: skip
    assert draft.rules.max_cost_per_call_nanousd == 100_000_000
    assert draft.rules.max_cost_per_task_nanousd == 2_000_000_000
    assert draft.rules.min_quality == 0.5


UNREADABLE: list[tuple[str, int]] = [
    ("name: p\nmode: [HARD\n", 3),
    ("name: p\n\tmode: HARD\n", 2),
    ("name: p\nname: q\n", 2),
    ("name: p\n? [a]\n: 1\n", 2),
    ("name: &a p\nnote: *a\n", 2),
    ("name: p\nx: .nan\n", 2),
    ("name: p\nx: !!float seven\n", 2),
    ("name: p\nx: !!python/object/apply:os.system [ls]\n", 2),
    ("name: p\nx: 2026-99-99\n", 1),
    ("name: \x00", 1),
    ("[" * 1_500, 1),
    ("#" * 64_001, 1),
    ("a: b\n---\nc: d\n", 2),
]


@pytest.mark.parametrize("text, line", UNREADABLE)
def test_yaml_that_cannot_be_read_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(InvalidYaml) as refused:
        draft_from_yaml(text)
    assert refused.value.line == line
    assert str(refused.value).startswith(f"line {line}: ")


def test_a_wrong_field_in_yaml_is_named_with_its_line() -> None:
    with pytest.raises(InvalidPolicy) as refused:
        draft_from_yaml("name: p\nmode: HARD\nrules:\n  regions: eu\n  speed: 1\n")
    assert refused.value.errors["rules.regions"][0].startswith("line 4: ")
    assert refused.value.errors["rules.speed"][0].startswith("line 5: ")
    with pytest.raises(InvalidPolicy) as refused:
        draft_from_yaml("mode: HARD\nrules: {}\n")
    assert refused.value.errors["name"][0].startswith("A name")
