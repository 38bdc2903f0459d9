from __future__ import annotations

import pytest

from routing.simulator.exchange import Prompt, Tokens
from routing.simulator.faults import Fault, InvalidFault
from routing.simulator.intent import read
from routing.simulator.script import InvalidScript, Script
from tests.component.simulator.prompts import make_prompt

JUDGE = make_prompt("Judge it. JSON with a score from 0 to 1.")


def take(script: Script, prompt: Prompt = JUDGE) -> str | None:
    line = script.take(prompt, read(prompt))
    return line.text if line else None


def test_lines_are_served_in_order_and_once():
    script = Script()
    script.add({"replies": ["a", {"text": "b"}]})
    assert [take(script) for _ in range(3)] == ["a", "b", None]
    assert script.left() == 0


@pytest.mark.parametrize(
    ("fields", "hit"),
    [
        ({"model": "gpt-6.1-sol"}, True),
        ({"model": "sim/gpt-*"}, True),
        ({"model": "other"}, False),
        ({"intent": "judge"}, True),
        ({"intent": "plan"}, False),
        ({"contains": "Judge it"}, True),
        ({"contains": "judge it"}, False),
        ({"task_type": "code_review"}, False),
        ({"intent": "judge", "contains": "missing"}, False),
    ],
)
def test_a_line_is_for_the_requests_that_fit_in_every_way(fields, hit):
    script = Script()
    script.add({"replies": ["x"], **fields})
    assert take(script) == ("x" if hit else None)


def test_the_first_scene_that_fits_is_played():
    script = Script()
    script.add([{"intent": "plan", "replies": ["p"]}, {"replies": ["any"]}])
    script.add({"intent": "judge", "replies": ["j"]})
    assert [take(script), take(script), script.left()] == ["any", "j", 1]
    script.clear()
    assert script.left() == 0


def test_a_line_may_be_a_fault_or_carry_usage_and_an_end():
    script = Script()
    usage = {"input": 9, "output": 4}
    script.add(
        {"replies": [{"fault": "500"}, {"fault": {"kind": "429", "retry_after": 1}},
                     {"text": "x", "usage": usage, "finish_reason": "length"}]}
    )  # fmt: skip
    lines = [script.take(JUDGE, read(JUDGE)) for _ in range(3)]
    assert [line.fault for line in lines if line] == [
        Fault("500"),
        Fault("429", retry_after=1),
        None,
    ]
    assert lines[2] and (lines[2].tokens, lines[2].finish) == (Tokens(9, 4), "length")


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"replies": "x"},
        {"replies": [3]},
        {"replies": [{"words": "x"}]},
        {"replies": ["x"], "intent": "sing"},
        {"replies": [{"text": "x", "usage": {"tokens": 3}}]},
        {"replies": [{"text": "x", "finish_reason": "bored"}]},
        {"replies": [{"fault": "no such"}]},
    ],
)
def test_what_is_no_script_is_refused_and_adds_nothing(value):
    script = Script()
    with pytest.raises((InvalidScript, InvalidFault)):
        script.add([{"replies": ["good"]}, value])
    assert script.left() == 0
