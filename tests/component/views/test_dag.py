"""The drawing of a run's graph."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from runs.models import Task
from runs.views.dag import COMPACT, MAX_ROWS, ROOMY, Drawing, draw


def tasks(**parents: tuple[str, ...]) -> list[Task]:
    return [Task(key=key, depends_on=list(above)) for key, above in parents.items()]


def keys(drawing: Drawing) -> list[list[str]]:
    return [[task.key for task in column] for column in drawing.columns]


def pairs(drawing: Drawing) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in drawing.edges}


def ends(path: str) -> tuple[float, float]:
    numbers = re.findall(r"-?[\d.]+", path)
    return float(numbers[0]), float(numbers[-2])


def test_no_task_draws_nothing():
    assert draw([]) == Drawing((), (), 0, 0, "")


def test_one_task_is_one_node():
    drawing = draw(tasks(a=()))
    assert keys(drawing) == [["a"]]
    assert (drawing.width, drawing.height) == (ROOMY.width, ROOMY.height)


def test_each_task_stands_one_column_after_the_last_it_depends_on():
    assert keys(draw(tasks(a=(), b=("a",), c=("a", "b")))) == [["a"], ["b"], ["c"]]


def test_a_line_that_a_longer_way_implies_is_not_drawn():
    assert pairs(draw(tasks(a=(), b=("a",), c=("a", "b")))) == {("a", "b"), ("b", "c")}


def test_lines_of_the_selected_task_are_lit_and_drawn_last():
    edges = draw(tasks(a=(), b=("a",), c=("a",)), selected="b").edges
    assert [(edge.target, edge.lit) for edge in edges] == [("c", False), ("b", True)]


def test_a_layer_too_tall_goes_on_in_the_next_column():
    many = tasks(**{f"t{number}": () for number in range(30)})
    drawing = draw(many)
    assert [len(column) for column in drawing.columns] == [10, 10, 10]
    assert max(map(len, drawing.columns)) <= MAX_ROWS
    assert drawing.density == COMPACT.density


def test_lines_over_occupied_columns_pass_below_the_nodes():
    fan = {"first": ()} | {f"t{number:02d}": ("first",) for number in range(27)}
    last = {"last": tuple(name for name in fan if name != "first")}
    drawing = draw(tasks(**fan, **last))
    below = [edge for edge in drawing.edges if "H" in edge.path]
    nodes = 9 * COMPACT.pitch_y - COMPACT.gap_y
    levels = {float(edge.path.split("C")[1].split("H")[0].split()[-1]) for edge in below}

    assert len(below) == 36
    assert all(level > nodes for level in levels)
    assert max(levels) < drawing.height
    # One track for what leaves the first task, one for what reaches the last.
    assert len(levels) == 2


def test_a_line_stays_level_where_nothing_is_in_its_way():
    drawing = draw(tasks(a=(), b=(), c=(), mid=("b",), end=("a", "mid")))
    path = next(edge.path for edge in drawing.edges if edge.source == "a")
    assert path.startswith("M208 28C")
    assert "28 256 28H" in path


@given(
    st.integers(1, 64).flatmap(
        lambda count: st.tuples(
            *(st.sets(st.integers(0, max(0, row - 1)), max_size=3) for row in range(count))
        )
    )
)
def test_every_task_is_drawn_once_and_every_line_runs_forward(above: tuple[set[int], ...]):
    graph = tasks(
        **{
            f"t{row}": tuple(f"t{parent}" for parent in parents if parent < row)
            for row, parents in enumerate(above)
        }
    )
    drawing = draw(graph)

    assert sorted(key for column in keys(drawing) for key in column) == sorted(
        task.key for task in graph
    )
    for edge in drawing.edges:
        start, end = ends(edge.path)
        assert start < end
    reached = {task.key: set(task.depends_on) for task in graph}
    assert pairs(drawing) <= {(one, key) for key, found in reached.items() for one in found}
