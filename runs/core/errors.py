"""Conditions the pure core of runs reports.

PlanError                 a set of tasks that cannot be carried out
    UnreadablePlan        no tasks could be read from the text
    DuplicateKey          two tasks share a key
    UnknownDependency     a task waits for one that does not exist
    CyclicDependency      tasks wait for each other
    TooManyTasks          more tasks than a run may have
    TooDeep               a chain of tasks longer than a run may have
    UnknownTaskType       a caller's own task names a type that does not exist
    UnknownValidator      a caller's own task names a validator that does not exist
    InvalidTask           a caller's own task has a field of the wrong shape
"""

from __future__ import annotations


class PlanError(Exception):
    """A set of tasks that cannot be carried out; `str()` is a reason fit for a reader."""


class UnreadablePlan(PlanError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DuplicateKey(PlanError):
    def __init__(self, key: str) -> None:
        super().__init__(f'two tasks have the key "{key}"')
        self.key = key


class UnknownDependency(PlanError):
    def __init__(self, key: str, dependency: str) -> None:
        super().__init__(f'task "{key}" depends on "{dependency}", which does not exist')
        self.key = key
        self.dependency = dependency


class CyclicDependency(PlanError):
    """The cycle lists each key once, every one depending on the next, the last on the first."""

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__("tasks depend on each other: " + " -> ".join((*cycle, cycle[0])))
        self.cycle = cycle


class TooManyTasks(PlanError):
    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"{count} tasks, at most {limit} are allowed")
        self.count = count
        self.limit = limit


class TooDeep(PlanError):
    def __init__(self, depth: int, limit: int) -> None:
        super().__init__(f"a chain of {depth} tasks, at most {limit} are allowed")
        self.depth = depth
        self.limit = limit


class UnknownTaskType(PlanError):
    def __init__(self, key: str, name: str) -> None:
        super().__init__(f'task "{key}" has the unknown type "{name}"')
        self.key = key
        self.name = name


class UnknownValidator(PlanError):
    def __init__(self, key: str, name: str) -> None:
        super().__init__(f'task "{key}" has the unknown validator "{name}"')
        self.key = key
        self.name = name


class InvalidTask(PlanError):
    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f'task "{key}": {reason}')
        self.key = key
        self.reason = reason
