"""What checks an output, and how it is told that it fell short."""

from __future__ import annotations

import pytest

from routing.core.cascade import Check
from runs.core.checks import JUDGES, MOST_WRONG, check_of, deciding, shortfall

GOOD, BAD = (0.9, 1.0), (0.9, 0.0)


def test_validators_decide_but_for_those_of_form_alone():
    assert deciding(["length", "json_schema", "pytest", "json_schema"]) == ["json_schema", "pytest"]
    assert deciding(["length"]) == []


def test_a_validator_checks_whatever_people_say():
    assert check_of(["json_schema", "pytest"], [BAD] * 40, 0.8, 7.0) == Check(
        "json_schema, pytest", 7.0
    )


@pytest.mark.parametrize(
    ("judged", "trusted"),
    [
        pytest.param([], False, id="nobody was asked"),
        pytest.param([GOOD] * 19, False, id="too few were asked"),
        pytest.param([GOOD] * 20, True, id="people agree"),
        pytest.param([GOOD] * 20 + [BAD] * 10, False, id="people find fault"),
        pytest.param([GOOD] * 30 + [(0.82, 0.0)] * 10, False,
                     id="what is safe lies above the threshold"),
        pytest.param([GOOD] * 40 + [(0.3, 0.0)] * 10, True, id="judges refuse what people refuse"),
    ],
)  # fmt: skip
def test_judges_check_only_where_people_confirm_what_they_accept(judged, trusted):
    found = check_of([], judged, 0.81, 7.0)
    assert found == (Check(JUDGES, 7.0, MOST_WRONG) if trusted else None)


def test_a_shortfall_names_validators_or_the_score_and_no_text():
    assert shortfall(("json_schema", "pytest"), 0.0, 0.8) == "json_schema, pytest failed"
    assert shortfall((), 0.625, 0.85) == "scored 0.62 of 0.85"
    assert shortfall((), None, 0.85) == "it brought nothing"
