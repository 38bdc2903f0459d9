"""The graph of a run's tasks: whether it can be carried out, what is ready, what is lost.

Invariant: nothing here recurses, so the shape of a plan cannot exhaust the stack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from runs.core.errors import (
    CyclicDependency,
    DuplicateKey,
    TooDeep,
    TooManyTasks,
    UnknownDependency,
)
from runs.core.rules import LIMITS, Limits
from runs.core.status import USABLE, TaskStatus

Statuses = Mapping[str, TaskStatus]
"""Status by task key; a missing key is PENDING."""

_LOST: Final = frozenset({TaskStatus.FAILED, TaskStatus.SKIPPED})


@dataclass(frozen=True, slots=True)
class TaskNode:
    key: str
    depends_on: tuple[str, ...] = ()


def check(nodes: Sequence[TaskNode], limits: Limits = LIMITS) -> None:
    """Refuse a graph that cannot be carried out or is too large.

    Raises: TooManyTasks, DuplicateKey, UnknownDependency, CyclicDependency, TooDeep.
    """
    if len(nodes) > limits.max_tasks:
        raise TooManyTasks(len(nodes), limits.max_tasks)
    _check_keys(nodes)
    depth = len(layers(nodes))
    if depth > limits.max_depth:
        raise TooDeep(depth, limits.max_depth)


def _check_keys(nodes: Sequence[TaskNode]) -> None:
    keys: set[str] = set()
    for node in nodes:
        if node.key in keys:
            raise DuplicateKey(node.key)
        keys.add(node.key)
    for node in nodes:
        for dependency in node.depends_on:
            if dependency not in keys:
                raise UnknownDependency(node.key, dependency)


def layers(nodes: Sequence[TaskNode]) -> list[list[str]]:
    """Return the keys by column: each task one after the last of its dependencies.

    Within a column the order of the plan is kept. Raises: CyclicDependency.
    """
    columns: list[list[str]] = []
    placed: set[str] = set()
    left = list(nodes)
    while left:
        column = [node.key for node in left if placed.issuperset(node.depends_on)]
        if not column:
            raise CyclicDependency(_cycle(left))
        columns.append(column)
        placed.update(column)
        left = [node for node in left if node.key not in placed]
    return columns


def _cycle(stuck: Sequence[TaskNode]) -> tuple[str, ...]:
    """Return one cycle among nodes that each wait for another of them."""
    waits_for = {node.key: node.depends_on for node in stuck}
    path: list[str] = []
    key = stuck[0].key
    while key not in path:
        path.append(key)
        key = next(dependency for dependency in waits_for[key] if dependency in waits_for)
    return tuple(path[path.index(key) :])


def ready(nodes: Sequence[TaskNode], statuses: Statuses) -> list[str]:
    """Return the pending tasks whose every dependency has an output, in the plan's order."""
    return [
        node.key
        for node in nodes
        if _status(statuses, node.key) is TaskStatus.PENDING
        and all(_status(statuses, dependency) in USABLE for dependency in node.depends_on)
    ]


def to_skip(nodes: Sequence[TaskNode], statuses: Statuses) -> dict[str, str]:
    """Return the pending tasks that can never run, each with the failed task to blame.

    The whole chain behind a failed task is returned at once, and blames that task rather
    than the skipped one in between. Raises: CyclicDependency.
    """
    depends_on = {node.key: node.depends_on for node in nodes}
    blame: dict[str, str] = {}
    for key in chain.from_iterable(layers(nodes)):
        status = _status(statuses, key)
        culprit = next((blame[name] for name in depends_on[key] if name in blame), None)
        if status in _LOST:
            blame[key] = culprit if culprit and status is TaskStatus.SKIPPED else key
        elif culprit and status is TaskStatus.PENDING:
            blame[key] = culprit
    return {
        key: culprit
        for key, culprit in blame.items()
        if _status(statuses, key) is TaskStatus.PENDING
    }


def _status(statuses: Statuses, key: str) -> TaskStatus:
    return statuses.get(key, TaskStatus.PENDING)
