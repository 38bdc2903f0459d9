from __future__ import annotations

import pytest

from runs.core.critique import APPROVAL, MAX_CRITIQUE_CHARS, parse_critique


@pytest.mark.parametrize(
    "text",
    [APPROVAL, "No problems.", " **NO PROBLEMS** \n", "LGTM!", "Approved", "No issues found."],
)
def test_an_approval_is_recognised(text):
    assert parse_critique(text).is_approval


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "1. The login is not tested.",
        "No problems, except that it does not compile.",
        "NO PROBLEMS\n1. It does not compile.",
        "No problems" + "!" * 300,
        "There are no problems",
        "Nicht approved",
        "approved" + " " * 300 + "not",
    ],
)
def test_anything_beside_an_approval_makes_it_a_critique(text):
    assert not parse_critique(text).is_approval


def test_a_critique_is_trimmed_capped_and_storable():
    critique = parse_critique(" 1. bad \x00 \n")
    assert critique.text == "1. bad \ufffd"
    text, is_approval = parse_critique("1. " + "x" * 50_000 + " end")
    assert len(text) <= MAX_CRITIQUE_CHARS
    assert text.startswith("1. x")
    assert text.endswith("x end")
    assert not is_approval
