"""What the parts of the run page are made of: tabs, nodes of the graph, rows of its tables."""

from __future__ import annotations

from dataclasses import dataclass

from runs.core.status import TaskStatus
from runs.models import Task
from runs.views.dag import Drawing
from runs.views.formats import Look
from runs.views.task_parts import CallPart
from telemetry.models import Call, Event


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: str
    url: str
    current: bool
    count: int | None


@dataclass(frozen=True, slots=True)
class Node:
    task: Task
    look: Look
    url: str
    selected: bool

    @property
    def waiting(self) -> bool:
        return self.task.status == TaskStatus.PENDING


@dataclass(frozen=True, slots=True)
class Graph:
    columns: list[list[Node]]
    drawing: Drawing

    @property
    def nodes(self) -> list[Node]:
        """Return the tasks in the plan's order."""
        found = (node for column in self.columns for node in column)
        return sorted(found, key=lambda node: node.task.position)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call, with its place on the run's own time line."""

    part: CallPart
    task_url: str
    x: str
    width: str
    ink: str

    @property
    def call(self) -> Call:
        return self.part.call


@dataclass(frozen=True, slots=True)
class EventRow:
    event: Event
    text: str
