from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.errors import (
    CyclicDependency,
    DuplicateKey,
    PlanError,
    TooDeep,
    TooManyTasks,
    UnknownDependency,
    UnreadablePlan,
)
from runs.core.graph import check
from runs.core.plan import MAX_NOTES, parse_plan, single_task_plan
from runs.core.rules import TaskType
from runs.core.tasks import VALIDATORS, ValidatorSpec


def task(key="t1", **fields):
    return {"id": key, "type": "summarization", "prompt": f"do {key}", **fields}


def plan_of(*tasks):
    return parse_plan(json.dumps(list(tasks)))


def test_a_plan_is_read_field_by_field():
    plan = plan_of(
        task("a", type="code_generation", hard_validators=["python_syntax", "pytest"]),
        task("b", dependencies=["a"]),
    )
    first, second = plan.tasks
    assert (first.key, first.type, first.prompt) == ("a", TaskType.CODE_GENERATION, "do a")
    assert first.validators == (ValidatorSpec("python_syntax"), ValidatorSpec("pytest"))
    assert (second.depends_on, second.validators, second.threshold) == (("a",), (), None)
    assert second.node.depends_on == ("a",)
    assert plan.notes == ()


JSON = json.dumps([task()])


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        f"\n  {JSON}\n",
        json.dumps({"tasks": [task()]}),
        json.dumps({"thoughts": "none", "tasks": [task()]}, indent=2),
        f"```json\n{JSON}\n```",
        f"```\n{JSON}\n```",
        f"Here is the plan:\n\n```json\n{JSON}\n```\nGood luck!",
        f"Here is the plan: {JSON} Good luck [really]!",
        f'First {{"note": 1}}, then {JSON}',
        f'```json\n{{"not": "it"}}\n```\nbut {JSON}',
        f"[1, 2, 3] {JSON}",
        # A fence inside a prompt ends the outer one too early; the largest value saves it.
        "```json\n" + json.dumps([task(prompt="do t1")])[:-1] + ', {"id": "x", "prompt": '
        '"```\\nprint()\\n```"}]\n```',
    ],
)
def test_a_plan_is_found_however_it_is_wrapped(text):
    first = parse_plan(text).tasks[0]
    assert (first.key, first.prompt) == ("t1", "do t1")


def test_the_largest_of_several_plans_is_taken():
    small, large = json.dumps([task("s")]), json.dumps([task("a"), task("b")])
    assert [t.key for t in parse_plan(f"Either {small} or {large}.").tasks] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no list of tasks was found"),
        ("I cannot do that.", "Expecting value: line 1 column 1"),
        ("[]", "the list of tasks is empty"),
        ('{"tasks": []}', "the list of tasks is empty"),
        ("{}", "not a list of task objects"),
        ("42", "not a list of task objects"),
        ('"text"', "not a list of task objects"),
        ('["t1", "t2"]', "not a list of task objects"),
        ('{"tasks": {"t1": {}}}', "not a list of task objects"),
        ('[{"id": "t1", "prompt": "x"}, 3]', "not a list of task objects"),
        (JSON[:-5], "no list of tasks was found"),
        ('[{"id": "t1"}]', 'task "t1" has no prompt'),
        ('[{"id": "t1", "prompt": "  "}]', 'task "t1" has no prompt'),
        ('[{"id": "t1", "prompt": ["x"]}]', 'task "t1" has no prompt'),
        ('[{"id": "t1", "prompt": "x", "dependencies": {"a": 1}}]', "not a list of ids"),
        ('[{"id": "t1", "prompt": "x", "dependencies": [null]}]', "not a list of ids"),
        ('[{"id": "t1", "prompt": "x", "dependencies": [true]}]', "not a list of ids"),
        (json.dumps([task(prompt="x" * 32_001)]), "has 32001 characters, at most 32000"),
        ('[{"id": "a", "id": "b", "prompt": "x"}]', "a key appears twice"),
        ('[{"id": "a", "prompt": "x", "n": NaN}]', "NaN is not JSON"),
    ],
)
def test_what_is_no_plan_is_refused_with_a_reason_fit_for_a_repair(text, reason):
    with pytest.raises(UnreadablePlan) as caught:
        parse_plan(text)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("tasks", "error"),
    [
        ([task("a", dependencies=["b"]), task("b", dependencies=["a"])], CyclicDependency),
        ([task("a", dependencies=["a"])], CyclicDependency),
        ([task("a", dependencies=["z"])], UnknownDependency),
        ([task("a"), task("a")], DuplicateKey),
        ([task("a b"), task("a/b")], DuplicateKey),
        ([task(f"t{n}") for n in range(65)], TooManyTasks),
        (
            [task(f"t{n}", dependencies=[f"t{n - 1}"] if n else []) for n in range(17)],
            TooDeep,
        ),
    ],
)
def test_a_plan_whose_graph_is_unsound_is_refused(tasks, error):
    with pytest.raises(error):
        plan_of(*tasks)


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ({"id": "fetch data!"}, "fetch-data"),
        ({"id": "../../etc/passwd"}, "etc-passwd"),
        ({"id": ".."}, "t1"),
        ({"id": 7}, "7"),
        ({"id": True}, "t1"),
        ({"id": None, "key": "k"}, "k"),
        ({"id": ["x"]}, "t1"),
        ({}, "t1"),
        ({"id": "é"}, "t1"),
        ({"id": "x" * 500}, "x" * 64),
        ({"id": "a\x00b"}, "a-b"),
    ],
)
def test_keys_are_made_safe_for_addresses_and_file_names(item, key):
    assert plan_of({"prompt": "x", **item}).tasks[0].key == key


def test_dependencies_follow_a_task_whose_key_was_changed():
    plan = plan_of(
        task("step one"),
        task(2, dependencies=["step one"]),
        task("c", dependencies=[2, "2", "step one"]),
        task("d", dependencies="c"),
        task("e", dependencies=None, depends_on=["d"]),
    )
    assert [t.depends_on for t in plan.tasks] == [
        (), ("step-one",), ("2", "step-one"), ("c",), ("d",),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["poetry", "", None, 3, ["code_review"], "CODE_REVIEW"])
def test_an_unknown_type_becomes_complex_reasoning_with_a_note(kind):
    plan = plan_of(task(type=kind))
    assert plan.tasks[0].type is TaskType.COMPLEX_REASONING
    assert len(plan.notes) == 1
    assert "unknown type" in plan.notes[0]


def test_an_unknown_validator_is_dropped_with_a_note():
    plan = plan_of(task(hard_validators=["pytest", "exec", "ruff"]))
    assert [spec.name for spec in plan.tasks[0].validators] == ["pytest", "ruff"]
    assert plan.notes == ('task "t1": unknown validator "exec" dropped',)


def test_validators_come_as_names_or_objects_and_once_each():
    schema = {"type": "object"}
    plan = plan_of(
        task(
            hard_validators=[
                {"name": "json_schema", "schema": schema},
                {"name": "length", "options": {"min": 20}},
                "length",
                {"name": 3},
                7,
            ]
        ),
        task("t2", hard_validators="latex"),
    )
    assert plan.tasks[0].validators == (
        ValidatorSpec("json_schema", {"schema": schema}),
        ValidatorSpec("length", {"min": 20}),
    )
    assert plan.tasks[1].validators == (ValidatorSpec("latex"),)
    assert len(plan.notes) == 2
    assert "a validator was dropped" in plan.notes[0]


def test_only_so_many_validators_and_notes_are_kept():
    plan = plan_of(*(task(f"t{n}", hard_validators=["no"] * 40) for n in range(60)))
    assert len(plan.notes) == MAX_NOTES
    assert plan.notes[0] == 'task "t0": only the first 16 validators are kept'


def test_what_just_keeps_to_the_limits_is_taken():
    tasks = [task(f"t{n}", prompt="x" * 14_000) for n in range(64)]
    assert len(plan_of(*tasks).tasks) == 64
    plan = plan_of(task(prompt="x" * 32_000, hard_validators=["ruff"] * 16))
    assert plan.notes == ()


def test_every_documented_validator_is_known():
    assert set(VALIDATORS) == {
        "python_syntax", "pytest", "ruff", "json_schema", "latex", "length",
    }  # fmt: skip


def test_a_model_cannot_lower_its_own_threshold():
    assert plan_of(task(threshold=0.01, acceptance_threshold=0.01)).tasks[0].threshold is None


def test_what_the_databases_cannot_hold_is_replaced():
    plan = plan_of(task(prompt="a\x00b\ud800c", type="\x00"))
    assert plan.tasks[0].prompt == "a\ufffdb\ufffdc"
    assert "\x00" not in plan.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000_000,
        "[{" * 500_000,
        '[{"a":' * 150_000,
        '{"tasks": [' * 50_000,
        '[{"id": ' + "9" * 900_000 + "}]",
        '[{"id": 1e999, "prompt": "x", "dependencies": [1e999]}]',
        '[{"id": -0.0, "prompt": "x", "type": 1e400}]',
        "```json\n" * 100_000,
        "[{" + '"k": 0,' * 140_000,
    ],
)
def test_hostile_text_is_a_plan_or_a_plan_error_in_little_time(text):
    started = time.process_time()
    try:
        parse_plan(text)
    except PlanError as error:
        assert len(str(error)) < 500
    assert time.process_time() - started < 5


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["id", "key", "type", "prompt", "dependencies", "hard_validators", "tasks", "name",
             "options", "schema"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
wild_task = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1, max_size=5)},
    optional={
        "id": st.sampled_from(["a", "b", "c", 1]) | junk,
        "type": st.sampled_from(TaskType) | junk,
        "dependencies": st.lists(st.sampled_from(["a", "b", "c", 1])) | junk,
        "hard_validators": st.lists(st.sampled_from(VALIDATORS)) | junk,
    },
)


@given(st.lists(wild_task, max_size=4) | junk)
def test_whatever_json_a_model_writes_is_a_sound_plan_or_a_plan_error(value):
    try:
        plan = parse_plan(json.dumps(value))
    except PlanError:
        return
    check([planned.node for planned in plan.tasks])
    for planned in plan.tasks:
        assert planned.prompt.strip()
        assert json.dumps([dict(spec.options) for spec in planned.validators], allow_nan=False)


def test_the_last_resort_holds_the_whole_project():
    plan = single_task_plan("x" * 100_000)
    (only,) = plan.tasks
    assert (only.type, len(only.prompt)) == (TaskType.COMPLEX_REASONING, 100_000)
    assert plan.notes
