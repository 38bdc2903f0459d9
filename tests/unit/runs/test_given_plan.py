from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.errors import (
    CyclicDependency,
    DuplicateKey,
    InvalidTask,
    PlanError,
    TooManyTasks,
    UnknownDependency,
    UnknownTaskType,
    UnknownValidator,
    UnreadablePlan,
)
from runs.core.given_plan import given_plan
from runs.core.rules import TaskType
from runs.core.tasks import ValidatorSpec


def task(key="t1", **fields):
    return {"key": key, "type": "code_generation", "prompt": "write it", **fields}


def test_a_given_plan_is_taken_as_it_is():
    plan = given_plan(
        [
            task(validators=["python_syntax"], acceptance_threshold=0.85),
            task("t2", type="summarization", depends_on=["t1", "t1"]),
        ]
    )
    first, second = plan.tasks
    assert (first.type, first.threshold) == (TaskType.CODE_GENERATION, 0.85)
    assert first.validators == (ValidatorSpec("python_syntax"),)
    assert (second.depends_on, second.validators, second.threshold) == (("t1",), (), None)
    assert plan.notes == ()


@pytest.mark.parametrize("threshold", [0.01, 1, 1.0, None])
def test_a_threshold_lies_above_zero_and_at_most_at_one(threshold):
    (planned,) = given_plan([task(acceptance_threshold=threshold)]).tasks
    assert planned.threshold == threshold


@pytest.mark.parametrize(
    ("tasks", "error", "words"),
    [
        ([], UnreadablePlan, "empty"),
        ([task(type="poetry")], UnknownTaskType, '"t1" has the unknown type "poetry"'),
        ([task(type=None)], UnknownTaskType, "None"),
        ([task(validators=["exec"])], UnknownValidator, '"t1" has the unknown validator "exec"'),
        ([task(validators=[3])], InvalidTask, "a validator is a name or an object"),
        ([task(validators="pytest")], InvalidTask, "validators is not a list"),
        ([task(validators=["pytest"] * 17)], InvalidTask, "at most 16"),
        ([task(depends_on=["nowhere"])], UnknownDependency, "nowhere"),
        ([task(depends_on="t1")], InvalidTask, "depends_on is not a list"),
        ([task(depends_on=[1])], InvalidTask, "depends_on is not a list"),
        ([task(depends_on=["t1"])], CyclicDependency, "t1 -> t1"),
        ([task(), task()], DuplicateKey, "t1"),
        ([task(f"t{n}") for n in range(90)], TooManyTasks, "90 tasks, at most 64"),
        ([task("")], InvalidTask, "a key is"),
        ([task("../x")], InvalidTask, "a key is"),
        ([task(".hidden")], InvalidTask, "a key is"),
        ([task("x" * 65)], InvalidTask, "a key is"),
        ([task(None)], InvalidTask, "a key is"),
        ([task("t1\n")], InvalidTask, "a key is"),
        ([task(prompt="")], InvalidTask, "the prompt is empty"),
        ([task(prompt=None)], InvalidTask, "the prompt is empty"),
        ([task(prompt="x" * 32_001)], InvalidTask, "longer than 32000"),
        ([task(acceptance_threshold=0)], InvalidTask, "acceptance_threshold"),
        ([task(acceptance_threshold=1.01)], InvalidTask, "acceptance_threshold"),
        ([task(acceptance_threshold=float("nan"))], InvalidTask, "acceptance_threshold"),
        ([task(acceptance_threshold=float("inf"))], InvalidTask, "acceptance_threshold"),
        ([task(acceptance_threshold=True)], InvalidTask, "acceptance_threshold"),
        ([task(acceptance_threshold="0.9")], InvalidTask, "acceptance_threshold"),
    ],
)
def test_a_wrong_field_is_refused_and_named(tasks, error, words):
    with pytest.raises(error) as caught:
        given_plan(tasks)
    assert words in str(caught.value)


def test_what_just_keeps_to_the_limits_is_taken():
    tasks = [task(f"t{n}", prompt="x" * 32_000, validators=["ruff"] * 16) for n in range(64)]
    assert len(given_plan(tasks).tasks) == 64
    assert given_plan([task("k" * 64)]).tasks


def test_errors_name_the_task():
    for fields, error in (
        ({"type": "x"}, UnknownTaskType),
        ({"validators": ["x"]}, UnknownValidator),
        ({"prompt": ""}, InvalidTask),
    ):
        with pytest.raises(error) as caught:
            given_plan([task("k", **fields)])
        assert getattr(caught.value, "key", None) == "k"


anything: Any = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything |= st.lists(anything, max_size=3) | st.dictionaries(st.text(max_size=3), anything)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                ["key", "type", "prompt", "depends_on", "validators", "acceptance_threshold"]
            ),
            anything | st.sampled_from(["t1", "t2", "code_review", ["t1"], ["ruff"]]),
        ),
        max_size=4,
    )
)
def test_whatever_a_caller_sends_is_a_plan_or_a_plan_error(items):
    try:
        assert given_plan(items).tasks
    except PlanError as error:
        assert str(error)
