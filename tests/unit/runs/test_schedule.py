from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.graph import TaskNode
from runs.core.schedule import next_tasks, remaining_lengths
from runs.core.status import TaskStatus

DONE = TaskStatus.COMPLETED


def graph(**edges):
    return [TaskNode(key, tuple(after.split())) for key, after in edges.items()]


FORKED = graph(short="", long="", mid="", m1="mid", l1="long", l2="l1")


@pytest.mark.parametrize(
    ("known", "running", "max_parallel", "expected"),
    [
        ({}, [], 8, ["long", "mid", "short"]),
        ({}, [], 2, ["long", "mid"]),
        ({}, ["long"], 2, ["mid"]),
        ({}, ["long", "mid"], 2, []),
        ({}, ["long", "mid"], 1, []),
        ({}, [], 0, []),
        ({"long": DONE}, ["mid"], 8, ["l1", "short"]),
        ({"long": DONE, "mid": DONE, "short": DONE, "m1": DONE, "l1": DONE}, [], 8, ["l2"]),
    ],
)
def test_the_longest_way_starts_first_and_never_more_than_allowed(
    known, running, max_parallel, expected
):
    assert next_tasks(FORKED, known, running, max_parallel) == expected


def test_equal_tasks_start_in_the_order_of_the_plan():
    assert next_tasks(graph(c="", a="", b=""), {}, [], 8) == ["c", "a", "b"]


def test_the_remaining_length_counts_the_longest_chain():
    assert remaining_lengths(FORKED) == {
        "short": 1, "long": 3, "mid": 2, "m1": 1, "l1": 2, "l2": 1,
    }  # fmt: skip


def test_a_wide_run_is_as_parallel_when_resumed_as_at_first():
    nodes = [TaskNode(f"t{n}") for n in range(20)]
    first = next_tasks(nodes, {}, [], 8)
    rest = next_tasks(nodes, dict.fromkeys(first[:4], DONE), [], 8)
    assert len(first) == len(rest) == 8


@given(st.integers(1, 12), st.integers(1, 8), st.randoms(use_true_random=False))
def test_scheduling_to_the_end_runs_every_task_once(size, max_parallel, rnd):
    nodes = [
        TaskNode(f"t{n}", tuple(f"t{m}" for m in range(n) if rnd.random() < 0.3))
        for n in range(size)
    ]
    known: dict[str, Any] = {}
    running: list[str] = []
    started: list[str] = []
    while len(known) < size:
        new = next_tasks(nodes, known, running, max_parallel)
        started += new
        running += new
        assert 0 < len(running) <= max_parallel
        known[running.pop(rnd.randrange(len(running)))] = DONE
    assert sorted(started) == sorted(node.key for node in nodes)
