"""How failures are grouped, named and added up."""

from __future__ import annotations

from typing import Any

import pytest

from runs.core.tuning.patterns import (
    LOW_SCORE,
    NO_OUTPUT,
    Failure,
    Theme,
    caught_by,
    grouped,
    name_of,
    patterns,
    said_of,
)

FAILED = {"name": "json_schema", "status": "FAILED", "message": "date is missing"}
PASSED = {"name": "length", "status": "PASSED", "message": "fits"}


def failure(number: int, **fields: Any) -> Failure:
    values: dict[str, Any] = {
        "id": number, "task_type": "data_extraction", "caught_by": "json_schema", "said": "",
        "prompt": "", "score": 0.5, "retry_nanousd": 10,
    }  # fmt: skip
    return Failure(**values | fields)


@pytest.mark.parametrize(
    ("validators", "has_output", "expected"),
    [
        ([PASSED, FAILED], True, "json_schema"),
        ([PASSED], True, LOW_SCORE),
        ([], True, LOW_SCORE),
        ([], False, NO_OUTPUT),
    ],
)
def test_what_caught_an_attempt(validators: Any, has_output: bool, expected: str):
    assert caught_by(validators, has_output=has_output) == expected


def test_what_was_said_begins_with_the_validators_and_is_cut():
    said = said_of("a critique", [{"reason": "too long"}, {"reason": None}], [PASSED, FAILED])
    assert said.splitlines() == ["date is missing", "a critique", "too long"]
    assert len(said_of("x" * 9_000, [], [])) == 4_000


def test_every_failure_is_in_one_pattern_and_shares_add_up():
    groups = grouped([failure(n) for n in range(8)] + [failure(9, caught_by=LOW_SCORE)])
    group = ("data_extraction", "json_schema")
    themes = {group: [Theme(("date", "missing"), (0, 1, 2, 3)), Theme(("rare",), (4, 5))]}
    found = patterns(groups, themes)
    assert [(one.terms, one.n) for one in found] == [(("date", "missing"), 4), ((), 4), ((), 1)]
    assert sum(one.share for one in found) == pytest.approx(1.0)
    assert sum(one.n for one in found) == 9


def test_the_dearest_pattern_comes_first_with_its_worst_examples():
    cheap = [failure(n, task_type="summarization", retry_nanousd=0) for n in range(5)]
    dear = [failure(10, score=0.6, retry_nanousd=500), failure(11, score=None, retry_nanousd=0),
            failure(12, score=0.2)]  # fmt: skip
    found = patterns(grouped(cheap + dear), {})
    assert [one.task_type for one in found] == ["data_extraction", "summarization"]
    assert found[0].examples == (11, 12, 10)
    assert (found[0].retry_nanousd, found[0].retried) == (510, 2)
    assert found[0].mean_score == pytest.approx(0.4)
    assert patterns(grouped([failure(1, score=None)]), {})[0].mean_score is None


def test_a_theme_that_holds_all_leaves_no_rest():
    groups = grouped([failure(n) for n in range(3)])
    found = patterns(groups, {next(iter(groups)): [Theme(("date",), (0, 1, 2))]})
    assert [one.n for one in found] == [3]


@pytest.mark.parametrize(
    ("caught", "terms", "expected"),
    [
        (
            "json_schema",
            ("date", "missing"),
            "Data extraction: json_schema fails, on date, missing",
        ),
        (LOW_SCORE, (), "Data extraction: scores too low"),
        (NO_OUTPUT, (), "Data extraction: nothing came"),
    ],
)
def test_patterns_are_named_for_people(caught: str, terms: tuple[str, ...], expected: str):
    assert name_of("data_extraction", caught, terms) == expected
