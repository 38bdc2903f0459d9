"""The plan a caller gave: taken as it is, or refused with the field that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from runs.core.errors import (
    InvalidTask,
    TooManyTasks,
    UnknownTaskType,
    UnknownValidator,
    UnreadablePlan,
)
from runs.core.graph import check
from runs.core.plain_text import excerpt, storable
from runs.core.rules import LIMITS, Limits, TaskType
from runs.core.tasks import Plan, PlannedTask, ValidatorSpec
from runs.core.validation import MAX_VALIDATORS, read_validator

_KEY: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def given_plan(items: Sequence[Mapping[str, Any]], limits: Limits = LIMITS) -> Plan:
    """Return the plan in the `tasks` of a request.

    Raises: UnreadablePlan for no tasks at all, InvalidTask, UnknownTaskType,
    UnknownValidator, TooManyTasks, and the PlanErrors of `graph.check`.
    """
    if not items:
        raise UnreadablePlan("the list of tasks is empty")
    if len(items) > limits.max_tasks:
        raise TooManyTasks(len(items), limits.max_tasks)
    tasks = tuple(_task(item, limits) for item in items)
    check([task.node for task in tasks], limits)
    return Plan(tasks)


def _task(item: Mapping[str, Any], limits: Limits) -> PlannedTask:
    key = item.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidTask(excerpt(str(key)), "a key is 1 to 64 letters, digits, and _ - .")
    return PlannedTask(
        key=key,
        type=_type(key, item.get("type")),
        prompt=_prompt(key, item.get("prompt"), limits),
        depends_on=_depends_on(key, item.get("depends_on")),
        validators=_validators(key, item.get("validators")),
        threshold=_threshold(key, item.get("acceptance_threshold")),
    )


def _type(key: str, name: object) -> TaskType:
    if isinstance(name, str) and name in set(TaskType):
        return TaskType(name)
    raise UnknownTaskType(key, excerpt(str(name)))


def _prompt(key: str, prompt: object, limits: Limits) -> str:
    if not isinstance(prompt, str) or not prompt.strip():
        raise InvalidTask(key, "the prompt is empty")
    if len(prompt) > limits.max_prompt_chars:
        raise InvalidTask(key, f"the prompt is longer than {limits.max_prompt_chars} characters")
    return storable(prompt)


def _depends_on(key: str, names: object) -> tuple[str, ...]:
    if names is None:
        return ()
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise InvalidTask(key, "depends_on is not a list of keys")
    return tuple(dict.fromkeys(names))


def _validators(key: str, entries: object) -> tuple[ValidatorSpec, ...]:
    if entries is None:
        return ()
    if not isinstance(entries, list | tuple) or len(entries) > MAX_VALIDATORS:
        raise InvalidTask(key, f"validators is not a list of at most {MAX_VALIDATORS}")
    try:
        return tuple(read_validator(entry) for entry in entries)
    except KeyError as error:
        raise UnknownValidator(key, excerpt(error.args[0])) from None
    except ValueError as error:
        raise InvalidTask(key, str(error)) from None


def _threshold(key: str, value: object) -> float | None:
    if value is None:
        return None
    # The comparison also refuses NaN.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise InvalidTask(key, "acceptance_threshold is not above 0 and at most 1")
    return float(value)
