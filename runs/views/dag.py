"""Where the nodes of a run's graph stand, and the lines between them.

Nodes have one size and columns one pitch, so lines follow from counting alone; the style sheet
repeats these measures. A line that would pass behind other nodes goes below them instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from runs.core.graph import TaskNode, layers
from runs.models import Task

MAX_ROWS: Final = 12
COMPACT_FROM: Final = 25
SNUG_FROM_COLUMNS: Final = 5
TRACK_PITCH: Final = 8
CLEARANCE: Final = 4


@dataclass(frozen=True, slots=True)
class Measures:
    """Sizes in CSS pixels."""

    density: str
    width: int
    height: int
    gap_x: int
    gap_y: int

    @property
    def pitch_x(self) -> int:
        return self.width + self.gap_x

    @property
    def pitch_y(self) -> int:
        return self.height + self.gap_y


ROOMY: Final = Measures("", width=208, height=56, gap_x=48, gap_y=12)
SNUG: Final = Measures("snug", width=156, height=52, gap_x=32, gap_y=12)
COMPACT: Final = Measures("compact", width=144, height=32, gap_x=32, gap_y=8)


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
    density: str


@dataclass(slots=True)
class Plan:
    """Places by key: column and middle line. Tracks hold the columns that each bundle crosses."""

    measures: Measures
    column: dict[str, int] = field(default_factory=dict)
    middle: dict[str, float] = field(default_factory=dict)
    height: int = 0
    children: Counter[str] = field(default_factory=Counter)
    parents: Counter[str] = field(default_factory=Counter)
    tracks: list[list[tuple[str, range]]] = field(default_factory=list)

    def bundle(self, source: str, target: str) -> str:
        """Return the end that more lines have in common: they share a track."""
        return source if self.children[source] > self.parents[target] else target


def draw(tasks: Sequence[Task], selected: str = "") -> Drawing:
    """Lay out the tasks in columns by depth; lines of the selected task are lit."""
    by_key = {task.key: task for task in tasks}
    columns = _columns(tasks)
    plan = _plan(columns, _measures(len(tasks), len(columns)))
    edges = _edges(tasks, plan, selected)
    return Drawing(
        columns=tuple(tuple(by_key[key] for key in column) for column in columns),
        edges=tuple(edges),
        width=max(0, len(columns) * plan.measures.pitch_x - plan.measures.gap_x),
        height=plan.height + (len(plan.tracks) * TRACK_PITCH + TRACK_PITCH if plan.tracks else 0),
        density=plan.measures.density,
    )


def _measures(tasks: int, columns: int) -> Measures:
    if tasks >= COMPACT_FROM:
        return COMPACT
    return SNUG if columns >= SNUG_FROM_COLUMNS else ROOMY


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


def _plan(columns: Sequence[Sequence[str]], measures: Measures) -> Plan:
    plan = Plan(measures)
    tallest = max((len(column) for column in columns), default=0)
    plan.height = max(0, tallest * measures.pitch_y - measures.gap_y)
    for index, column in enumerate(columns):
        used = len(column) * measures.pitch_y - measures.gap_y
        top = (plan.height - used + measures.height) / 2
        for row, key in enumerate(column):
            plan.column[key] = index
            plan.middle[key] = top + row * measures.pitch_y
    return plan


def _edges(tasks: Sequence[Task], plan: Plan, selected: str) -> list[Edge]:
    pairs = [(one, target) for target, sources in _direct(tasks).items() for one in sources]
    plan.children = Counter(source for source, _ in pairs)
    plan.parents = Counter(target for _, target in pairs)
    edges = [
        Edge(_path(source, target, plan), source, target, selected in (source, target))
        for source, target in pairs
    ]
    # Lit lines are drawn last, above the others.
    return sorted(edges, key=lambda edge: edge.lit)


def _path(source: str, target: str, plan: Plan) -> str:
    """Return the line: a bend, a level part at a free height, and a bend to the target."""
    gap = plan.measures.gap_x
    x1 = plan.column[source] * plan.measures.pitch_x + plan.measures.width
    x2 = plan.column[target] * plan.measures.pitch_x
    y1, y2 = plan.middle[source], plan.middle[target]
    level = _level(source, target, plan)
    out = f"M{x1} {y1:g}{_bend(x1, y1, x1 + gap, level)}"
    return out if x2 == x1 + gap else f"{out}H{x2 - gap}{_bend(x2 - gap, level, x2, y2)}"


def _bend(x1: int, y1: float, x2: int, y2: float) -> str:
    middle = (x1 + x2) / 2
    return f"C{middle:g} {y1:g} {middle:g} {y2:g} {x2} {y2:g}"


def _level(source: str, target: str, plan: Plan) -> float:
    """Return the height at which a line crosses the columns between its ends."""
    crossed = range(plan.column[source] + 1, plan.column[target])
    if not crossed:
        return plan.middle[target]
    clear = plan.measures.height / 2 + CLEARANCE
    between = [plan.middle[key] for key, column in plan.column.items() if column in crossed]
    for height in (plan.middle[target], plan.middle[source]):
        if all(abs(height - other) >= clear for other in between):
            return height
    return plan.height + TRACK_PITCH * (_track(plan.bundle(source, target), crossed, plan) + 1)


def _track(bundle: str, crossed: range, plan: Plan) -> int:
    """Return a track below the nodes that no other bundle uses in these columns."""
    for number, taken in enumerate(plan.tracks):
        if all(other == bundle or not set(columns) & set(crossed) for other, columns in taken):
            taken.append((bundle, crossed))
            return number
    plan.tracks.append([(bundle, crossed)])
    return len(plan.tracks) - 1


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
