"""Where the nodes of a run's graph stand, and the lines between them.

Nodes have one size and columns one pitch, so the lines follow from counting alone; the style
sheet repeats these measures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runs.core.graph import TaskNode, layers
from runs.models import Task

MAX_ROWS = 12
COMPACT_FROM = 25


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes in CSS pixels."""

    width: int
    height: int
    gap_x: int
    gap_y: int


ROOMY = Measures(width=208, height=56, gap_x=48, gap_y=12)
COMPACT = Measures(width=160, height=32, gap_x=40, gap_y=8)


@dataclass(frozen=True, slots=True)
class Edge:
    path: str
    source: str
    target: str
    lit: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    columns: tuple[tuple[Task, ...], ...]
    edges: tuple[Edge, ...]
    width: int
    height: int
    compact: bool


def draw(tasks: Sequence[Task], selected: str = "") -> Drawing:
    """Lay out the tasks in columns by depth; lines of the selected task are lit."""
    by_key = {task.key: task for task in tasks}
    columns = _columns(tasks)
    tallest = max((len(column) for column in columns), default=0)
    compact = len(tasks) >= COMPACT_FROM
    measures = COMPACT if compact else ROOMY
    height = max(0, tallest * (measures.height + measures.gap_y) - measures.gap_y)
    places = _places(columns, measures, height)
    return Drawing(
        columns=tuple(tuple(by_key[key] for key in column) for column in columns),
        edges=tuple(_edges(tasks, places, measures, selected)),
        width=max(0, len(columns) * (measures.width + measures.gap_x) - measures.gap_x),
        height=height,
        compact=compact,
    )


def _columns(tasks: Sequence[Task]) -> list[list[str]]:
    """Return keys by column; a layer too tall for the page goes on in the next column."""
    parents = {task.key: list(task.depends_on) for task in tasks}
    rows: dict[str, float] = {}
    columns: list[list[str]] = []
    for layer in layers([TaskNode(task.key, tuple(task.depends_on)) for task in tasks]):
        ordered = sorted(layer, key=lambda key: _pull(parents[key], rows))
        count = -(-len(ordered) // MAX_ROWS)
        size = -(-len(ordered) // count)
        for start in range(0, len(ordered), size):
            column = ordered[start : start + size]
            # Rows count from the middle: columns are centred on one line.
            rows |= {key: row - (len(column) - 1) / 2 for row, key in enumerate(column)}
            columns.append(column)
    return columns


def _pull(parents: Sequence[str], rows: Mapping[str, float]) -> float:
    return sum(rows[parent] for parent in parents) / len(parents) if parents else 0.0


def _places(
    columns: Sequence[Sequence[str]], measures: Measures, height: int
) -> dict[str, tuple[int, float]]:
    """Return the left edge and the middle line of every node."""
    places = {}
    for index, column in enumerate(columns):
        used = len(column) * (measures.height + measures.gap_y) - measures.gap_y
        top = (height - used) / 2 + measures.height / 2
        for row, key in enumerate(column):
            places[key] = (
                index * (measures.width + measures.gap_x),
                top + row * (measures.height + measures.gap_y),
            )
    return places


def _edges(
    tasks: Sequence[Task],
    places: Mapping[str, tuple[int, float]],
    measures: Measures,
    selected: str,
) -> list[Edge]:
    edges = []
    for target, sources in _direct(tasks).items():
        x2, y2 = places[target]
        for source in sources:
            x1, y1 = places[source][0] + measures.width, places[source][1]
            bend = measures.gap_x / 2
            path = (
                f"M{x1} {y1:g}C{x1 + bend:g} {y1:g} {x1 + measures.gap_x - bend:g} {y2:g} "
                f"{x1 + measures.gap_x} {y2:g}H{x2}"
            )
            edges.append(Edge(path, source, target, selected in (source, target)))
    # Lit lines are drawn last, above the others.
    return sorted(edges, key=lambda edge: edge.lit)


def _direct(tasks: Sequence[Task]) -> dict[str, list[str]]:
    """Return the dependencies by task without those that a longer way implies anyway."""
    parents = {task.key: list(dict.fromkeys(task.depends_on)) for task in tasks}
    behind: dict[str, set[str]] = {}
    for layer in layers([TaskNode(key, tuple(value)) for key, value in parents.items()]):
        for key in layer:
            behind[key] = set(parents[key]).union(*(behind[one] for one in parents[key]))
    return {
        key: [
            one for one in value if not any(one in behind[other] for other in value if other != one)
        ]
        for key, value in parents.items()
    }
