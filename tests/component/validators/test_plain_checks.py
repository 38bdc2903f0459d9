"""The checks that need no sandbox, asked for by name as the engine does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from runs.validators import KNOWN, Status, UnknownValidator, ValidatorResult, validate
from runs.validators.result import failed

TICKS = "```"


def answer(name: str, output: str, **options: Any) -> ValidatorResult:
    return asyncio.run(validate(name, output, options=options or None))


def test_the_known_validators_are_those_of_the_plan():
    assert {"python_syntax", "pytest", "ruff", "json_schema", "latex", "length"} == KNOWN


def test_validate_refuses_a_name_it_does_not_know():
    with pytest.raises(UnknownValidator):
        answer("spelling", "text")


@pytest.mark.parametrize(
    ("count", "status"),
    [(0, "FAILED"), (9, "FAILED"), (10, "PASSED"), (50_000, "PASSED"), (50_001, "FAILED")],
)
def test_length_counts_from_10_to_50000_characters(count, status):
    assert answer("length", "x" * count).status == status


def test_length_counts_neither_an_enclosing_fence_nor_outer_blanks():
    assert answer("length", f"\n\n{TICKS}python\n123456789\n{TICKS}\n\n").status == "FAILED"


def test_length_counts_text_around_a_fence():
    assert answer("length", f"1234567890\n{TICKS}\nx\n{TICKS}").status == "PASSED"


@pytest.mark.parametrize(
    ("output", "status"),
    [
        ('{"a": 1}', "PASSED"),
        (f'{TICKS}json\n{{"a": 1}}\n{TICKS}', "PASSED"),
        (f"Here it is:\n{TICKS}\n[1]\n{TICKS}", "PASSED"),
        ("null", "PASSED"),
        ("", "FAILED"),
        ("{'a': 1}", "FAILED"),
        ('{"a": NaN}', "FAILED"),
        ('{"a": 1} and more', "FAILED"),
        ("[" * 100_000, "FAILED"),
        ("1" * 5_000, "FAILED"),
        (f"{TICKS}json\n1\n{TICKS}\n{TICKS}json\n2\n{TICKS}", "FAILED"),
    ],
)
def test_json_without_a_schema_must_be_one_strict_json_value(output, status):
    assert answer("json_schema", output).status == status


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_an_endless_text_fails_at_once(name):
    assert answer(name, "x" * 1_000_001).status == Status.FAILED


def test_a_message_can_be_stored_and_keeps_both_ends():
    result = failed("first\x00\x1b[31m\ud800" + "x" * 5_000 + "last").named("pytest")
    assert result.message.startswith("first[31mx")
    assert result.message.endswith("last")
    assert len(result.message) <= 2_000
