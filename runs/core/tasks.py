"""What a planned task consists of, whoever planned it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from runs.core.graph import TaskNode
from runs.core.rules import TaskType

VALIDATORS: Final = (
    "python_syntax",
    "pytest",
    "ruff",
    "json_schema",
    "latex",
    "length",
)


@dataclass(frozen=True, slots=True)
class ValidatorSpec:
    """A validator to run and its options, e.g. `{"schema": {...}}` or `{"min": 10}`."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """One task of a plan; `threshold` None: the one of its type."""

    key: str
    type: TaskType
    prompt: str
    depends_on: tuple[str, ...] = ()
    validators: tuple[ValidatorSpec, ...] = ()
    threshold: float | None = None

    @property
    def node(self) -> TaskNode:
        return TaskNode(self.key, self.depends_on)


@dataclass(frozen=True, slots=True)
class Plan:
    """Tasks that can be carried out, and notes on what was changed to make them so."""

    tasks: tuple[PlannedTask, ...]
    notes: tuple[str, ...] = ()
