from __future__ import annotations

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
)
from runs.core.graph import TaskNode, check, layers, ready, to_skip
from runs.core.rules import Limits
from runs.core.status import TaskStatus


def graph(**edges):
    return [TaskNode(key, tuple(after.split())) for key, after in edges.items()]


def statuses(**by_key):
    return {key: TaskStatus(value) for key, value in by_key.items()}


def chain_of(length):
    return [TaskNode(f"t{n}", (f"t{n - 1}",) if n else ()) for n in range(length)]


@st.composite
def acyclic_graphs(draw, max_size=8):
    size = draw(st.integers(0, max_size))
    nodes = []
    for number in range(size):
        chosen = draw(st.integers(0, 2**number - 1))
        after = tuple(f"t{n}" for n in range(number) if chosen >> n & 1)
        nodes.append(TaskNode(f"t{number}", after))
    return draw(st.permutations(nodes))


FLAT = [TaskNode(f"t{n}") for n in range(65)]
DIAMOND = graph(a="", b="a", c="a", d="b c")


@pytest.mark.parametrize("nodes", [[], graph(a=""), DIAMOND, chain_of(16), FLAT[:64]])
def test_a_sound_graph_is_accepted(nodes):
    check(nodes)


@pytest.mark.parametrize(
    ("nodes", "error", "words"),
    [
        (graph(a="a"), CyclicDependency, "a -> a"),
        (graph(a="b", b="a"), CyclicDependency, "a -> b -> a"),
        (graph(x="", a="x c", b="a", c="b"), CyclicDependency, "a -> c -> b -> a"),
        # The cycle is named, not what merely waits for it.
        (graph(z="a", a="b", b="a"), CyclicDependency, "a -> b -> a"),
        (graph(a="nowhere"), UnknownDependency, '"a" depends on "nowhere"'),
        ([TaskNode("a"), TaskNode("a")], DuplicateKey, '"a"'),
        (FLAT, TooManyTasks, "65 tasks, at most 64"),
        (chain_of(17), TooDeep, "a chain of 17 tasks, at most 16"),
    ],
)
def test_a_graph_that_cannot_run_is_refused_with_a_reason(nodes, error, words):
    with pytest.raises(error) as caught:
        check(nodes)
    assert words in str(caught.value)
    assert isinstance(caught.value, PlanError)


def test_errors_carry_what_they_are_about():
    with pytest.raises(CyclicDependency) as cycle:
        check(graph(a="b", b="a"))
    assert cycle.value.cycle == ("a", "b")
    with pytest.raises(UnknownDependency) as unknown:
        check(graph(a="b"))
    assert (unknown.value.key, unknown.value.dependency) == ("a", "b")
    with pytest.raises(DuplicateKey) as duplicate:
        check([TaskNode("a"), TaskNode("a")])
    assert duplicate.value.key == "a"
    with pytest.raises(TooManyTasks) as many:
        check(DIAMOND, Limits(max_tasks=3))
    assert (many.value.count, many.value.limit) == (4, 3)
    with pytest.raises(TooDeep) as deep:
        check(DIAMOND, Limits(max_depth=2))
    assert (deep.value.depth, deep.value.limit) == (3, 2)


@given(acyclic_graphs())
def test_layers_hold_every_task_once_and_after_its_dependencies(nodes):
    columns = layers(nodes)
    place = {key: number for number, column in enumerate(columns) for key in column}
    assert sorted(place) == sorted(node.key for node in nodes)
    for node in nodes:
        before = [place[dependency] for dependency in node.depends_on]
        assert place[node.key] == max(before, default=-1) + 1


@given(acyclic_graphs(), st.data())
def test_closing_a_path_into_a_ring_is_always_found(nodes, data):
    linked = [node for node in nodes if node.depends_on]
    if not linked:
        return
    node = data.draw(st.sampled_from(linked))
    target = node.depends_on[0]
    ring = [TaskNode(n.key, (*n.depends_on, node.key)) if n.key == target else n for n in nodes]
    with pytest.raises(CyclicDependency) as caught:
        layers(ring)
    edges = {n.key: n.depends_on for n in ring}
    cycle = caught.value.cycle
    for key, following in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        assert following in edges[key]


def test_tasks_are_ready_once_all_they_wait_for_has_an_output():
    assert ready(DIAMOND, {}) == ["a"]
    assert ready(DIAMOND, statuses(a="COMPLETED")) == ["b", "c"]
    assert ready(DIAMOND, statuses(a="DEGRADED", b="COMPLETED")) == ["c"]
    assert ready(DIAMOND, statuses(a="COMPLETED", b="COMPLETED", c="DEGRADED")) == ["d"]


@pytest.mark.parametrize("status", ["RUNNING", "FAILED", "SKIPPED", "PENDING"])
def test_tasks_are_not_ready_on_missing_input(status):
    assert ready(graph(a="", b="a"), statuses(a=status))[-1:] != ["b"]


@pytest.mark.parametrize(
    ("nodes", "known", "expected"),
    [
        (DIAMOND, {}, {}),
        (DIAMOND, {"a": "COMPLETED"}, {}),
        (DIAMOND, {"a": "FAILED"}, {"b": "a", "c": "a", "d": "a"}),
        (DIAMOND, {"a": "COMPLETED", "b": "FAILED", "c": "COMPLETED"}, {"d": "b"}),
        # Work under way is not thrown away, and neither is what waits for it alone.
        (graph(a="", b="", c="a", d="b"), {"a": "FAILED", "b": "RUNNING"}, {"c": "a"}),
        # After a restart: the chain was already skipped up to b.
        (graph(a="", b="a", c="b"), {"a": "FAILED", "b": "SKIPPED"}, {"c": "a"}),
        # A skip whose cause is not known is to blame itself.
        (graph(a="", b="a"), {"a": "SKIPPED"}, {"b": "a"}),
        # A task that failed by itself is the one to blame, not what failed before it.
        (graph(a="", b="a", c="b"), {"a": "FAILED", "b": "FAILED"}, {"c": "b"}),
        (graph(a="", b="a", c="b"), {"a": "FAILED", "b": "COMPLETED"}, {}),
    ],
)
def test_what_a_failed_task_takes_with_it_is_skipped_and_blames_it(nodes, known, expected):
    assert to_skip(nodes, statuses(**known)) == expected


@given(acyclic_graphs(), st.data())
def test_after_skipping_every_task_is_done_ready_or_waits_for_one_that_is(nodes, data):
    """Nothing may be left that neither runs nor ends, or the run would never end."""
    drawn = data.draw(st.lists(st.sampled_from(TaskStatus), max_size=len(nodes)))
    known = {node.key: status for node, status in zip(nodes, drawn, strict=False)}
    known |= dict.fromkeys(to_skip(nodes, known), TaskStatus.SKIPPED)
    pending = [n for n in nodes if known.get(n.key, "PENDING") == "PENDING"]
    can_move = set(ready(nodes, known)) | {k for k, s in known.items() if s == "RUNNING"}
    assert not pending or can_move
