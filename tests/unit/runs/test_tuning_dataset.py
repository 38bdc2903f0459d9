"""Which outputs become examples, into which part they fall, and how they are written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.core.tuning.dataset import (
    FORMATS,
    NO_OUTPUT_TRAINING,
    Example,
    Judged,
    LeftOut,
    Part,
    part_of,
    refusal,
    without_duplicates,
)


def judged(**fields: Any) -> Judged:
    return Judged(**{"score": 0.9, "threshold": 0.8, "validators_passed": True} | fields)


def example(number: int = 1, **fields: Any) -> Example:
    words = " ".join(f"w{number * 97 + place}" for place in range(20))
    values: dict[str, Any] = {
        "id": number, "task_type": "summarization", "prompt": f"Sum up {words}", "criteria": "",
        "output": f"So {words}", "score": 0.9,
    }  # fmt: skip
    return Example(**values | fields)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ({"score": 0.8}, None),
        ({"feedback": (0.5, 1.0)}, None),
        ({"score": 0.79}, LeftOut.NOT_ACCEPTED),
        ({"score": None}, LeftOut.NOT_ACCEPTED),
        ({"validators_passed": False}, LeftOut.NOT_ACCEPTED),
        ({"validators_passed": None}, LeftOut.NOT_ACCEPTED),
        ({"feedback": (1.0, 0.4)}, LeftOut.NEGATIVE_FEEDBACK),
        ({"builds_on_others": True}, LeftOut.NEEDS_CONTEXT),
        ({"tags": frozenset({NO_OUTPUT_TRAINING})}, LeftOut.MODEL_TERMS),
        ({"tags": frozenset({"no_train"})}, None),  # of a provider: it does not train on ours
        ({"no_train": True, "score": 0.1}, LeftOut.POLICY),
    ],
)
def test_only_accepted_outputs_that_nobody_forbids_are_learned_from(
    fields: dict[str, Any], why: LeftOut | None
):
    assert refusal(judged(**fields)) == why


def test_of_the_same_task_the_best_output_is_kept():
    low, high = example(1, score=0.85), example(1, id=2, score=0.95, output="Something else")
    selection = without_duplicates([low, high, example(3)])
    assert [one.id for one in selection.kept] == [2, 3]
    assert selection.left_out == {LeftOut.EXACT_DUPLICATE: 1}


def test_what_is_nearly_the_same_is_left_out():
    first = example(1)
    near = example(1, id=2, prompt=f"{first.prompt} please")
    selection = without_duplicates([first, near, example(3)])
    assert [one.id for one in selection.kept] == [1, 3]
    assert selection.left_out == {LeftOut.NEAR_DUPLICATE: 1}


def test_texts_without_words_are_no_duplicates_of_each_other():
    signs = [example(number, prompt="?" * number, output="!") for number in (1, 2)]
    assert len(without_duplicates(signs).kept) == 2


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=12, unique=True))
def test_the_part_of_a_task_does_not_depend_on_what_else_is_exported(numbers: list[int]):
    alone = {number: part_of(example(number)) for number in numbers}
    kept = without_duplicates([example(number) for number in numbers]).kept
    assert {one.id: part_of(one) for one in kept}.items() <= alone.items()


def test_about_one_in_ten_validates_and_other_outputs_of_a_task_do_not_move_it():
    parts = [part_of(example(number)) for number in range(600)]
    assert 40 <= parts.count(Part.VALIDATION) <= 80
    others = {part_of(example(7, output="another", score=0.1, id=number)) for number in range(99)}
    assert others == {part_of(example(7))}
    assert part_of(example(7), 1.0) is Part.VALIDATION


def test_the_chat_format_ends_with_the_assistant():
    line = FORMATS["openai"](example(1, criteria="Be brief", output='a\n"b" ü'))
    assert line.endswith("\n")
    assert line.count("\n") == 1
    messages = json.loads(line)["messages"]
    assert [one["role"] for one in messages] == ["system", "user", "assistant"]
    assert messages[-1]["content"] == 'a\n"b" ü'
    assert "Be brief" in messages[1]["content"]
    assert example(1).prompt in messages[1]["content"]


def test_the_gemini_format_ends_with_the_model():
    written = json.loads(FORMATS["gemini"](example(1)))
    assert [one["role"] for one in written["contents"]] == ["user", "model"]
    assert written["contents"][1]["parts"] == [{"text": example(1).output}]
    assert written["systemInstruction"]["role"] == "system"
    assert len(written["systemInstruction"]["parts"]) == 1
