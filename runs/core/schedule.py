"""Which tasks to start next."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from runs.core.graph import Statuses, TaskNode, layers, ready


def next_tasks(
    nodes: Sequence[TaskNode],
    statuses: Statuses,
    running: Collection[str],
    max_parallel: int,
) -> list[str]:
    """Return the tasks to start now, the one with the longest way behind it first.

    Equal ones keep the plan's order, so a resumed run starts the same tasks as the first.
    """
    free = max_parallel - len(running)
    if free <= 0:
        return []
    remaining = remaining_lengths(nodes)
    waiting = [key for key in ready(nodes, statuses) if key not in running]
    return sorted(waiting, key=lambda key: -remaining[key])[:free]


def remaining_lengths(nodes: Sequence[TaskNode]) -> dict[str, int]:
    """Return by key the number of tasks on the longest chain that starts there, itself included.

    Raises: CyclicDependency.
    """
    depends_on = {node.key: node.depends_on for node in nodes}
    lengths = {node.key: 1 for node in nodes}
    for column in reversed(layers(nodes)):
        for key in column:
            for dependency in depends_on[key]:
                lengths[dependency] = max(lengths[dependency], lengths[key] + 1)
    return lengths
