"""The plan a model wrote: read it, mend what can be mended, refuse the rest.

Invariant: whatever the text, the result is a Plan that can be carried out or a PlanError,
in time and memory bounded by the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from runs.core.errors import TooManyTasks, UnreadablePlan
from runs.core.graph import check
from runs.core.json_text import UnreadableJson, found_values, read_json
from runs.core.plain_text import excerpt, storable
from runs.core.rules import FALLBACK_TYPE, LIMITS, Limits, TaskType
from runs.core.tasks import Plan, PlannedTask, ValidatorSpec
from runs.core.validation import MAX_VALIDATORS, read_validator

MAX_KEY_CHARS: Final = 64
MAX_NOTES: Final = 50
_NOT_IN_KEYS: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def parse_plan(text: str, limits: Limits = LIMITS) -> Plan:
    """Return the plan in a planner's answer.

    The answer is a list of tasks or `{"tasks": [...]}`: the whole text, a fenced block, or
    the largest such value in the text. A model has no say in thresholds.
    Raises: UnreadablePlan, or the PlanError that the tasks' graph deserves.
    """
    items = _items(text)
    if len(items) > limits.max_tasks:
        raise TooManyTasks(len(items), limits.max_tasks)
    keys = [_key(item, position) for position, item in enumerate(items, start=1)]
    renamed = {_name(item): key for item, key in zip(items, keys, strict=True)}
    notes: list[str] = []
    tasks = tuple(
        PlannedTask(
            key=key,
            type=_type(item, key, notes),
            prompt=_prompt(item, key, limits),
            depends_on=_depends_on(item, key, renamed),
            validators=_validators(item, key, notes),
        )
        for item, key in zip(items, keys, strict=True)
    )
    check([task.node for task in tasks], limits)
    return Plan(tasks, tuple(notes[:MAX_NOTES]))


def single_task_plan(project: str) -> Plan:
    """Return the last resort: one task that holds the whole project, however long."""
    task = PlannedTask("t1", FALLBACK_TYPE, storable(project))
    return Plan((task,), ("no plan could be made: the whole project is one task",))


def _items(text: str) -> Sequence[Mapping[str, Any]]:
    for found in found_values(text):
        value = found.value
        items = value.get("tasks") if isinstance(value, dict) else value
        if isinstance(items, list) and items and all(isinstance(item, dict) for item in items):
            return items
    raise UnreadablePlan(_why_unreadable(text))


def _why_unreadable(text: str) -> str:
    try:
        value = read_json(text.strip())
    except UnreadableJson as error:
        return f"no list of tasks was found; read as JSON: {error}"
    if value == [] or (isinstance(value, dict) and value.get("tasks") == []):
        return "the list of tasks is empty"
    return "it is JSON, but not a list of task objects"


def _first(item: Mapping[str, Any], *names: str) -> Any:
    """Return the first field that is there; planners vary the names."""
    return next((item[name] for name in names if item.get(name) is not None), None)


def _name(item: Mapping[str, Any]) -> str:
    return _as_name(_first(item, "id", "key")) or ""


def _as_name(value: object) -> str | None:
    if isinstance(value, str):
        return value
    # Planners number tasks 1, 2, 3 too; True is an int only to Python.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _key(item: Mapping[str, Any], position: int) -> str:
    """Return a key that is safe in an address and a file name."""
    return _NOT_IN_KEYS.sub("-", _name(item)[:MAX_KEY_CHARS]).strip("-.") or f"t{position}"


def _type(item: Mapping[str, Any], key: str, notes: list[str]) -> TaskType:
    name = _first(item, "type", "task_type")
    if isinstance(name, str) and name in set(TaskType):
        return TaskType(name)
    shown = excerpt(name) if isinstance(name, str) else "none"
    notes.append(f'task "{key}": unknown type "{shown}", taken as {FALLBACK_TYPE}')
    return FALLBACK_TYPE


def _prompt(item: Mapping[str, Any], key: str, limits: Limits) -> str:
    prompt = _first(item, "prompt", "description")
    if not isinstance(prompt, str) or not prompt.strip():
        raise UnreadablePlan(f'task "{key}" has no prompt')
    if len(prompt) > limits.max_prompt_chars:
        raise UnreadablePlan(
            f'the prompt of task "{key}" has {len(prompt)} characters, '
            f"at most {limits.max_prompt_chars} are allowed"
        )
    return storable(prompt)


def _depends_on(item: Mapping[str, Any], key: str, renamed: Mapping[str, str]) -> tuple[str, ...]:
    value = _first(item, "dependencies", "depends_on")
    names = [_as_name(name) for name in (value if isinstance(value, list) else [value])]
    if value is None:
        return ()
    if None in names:
        raise UnreadablePlan(f'the dependencies of task "{key}" are not a list of ids')
    known = (renamed.get(name, excerpt(name)) for name in names if name is not None)
    return tuple(dict.fromkeys(known))


def _validators(item: Mapping[str, Any], key: str, notes: list[str]) -> tuple[ValidatorSpec, ...]:
    value = _first(item, "hard_validators", "validators")
    asked = value if isinstance(value, list) else [] if value is None else [value]
    if len(asked) > MAX_VALIDATORS:
        notes.append(f'task "{key}": only the first {MAX_VALIDATORS} validators are kept')
    kept: dict[str, ValidatorSpec] = {}
    for entry in asked[:MAX_VALIDATORS]:
        try:
            spec = read_validator(entry)
        except KeyError as error:
            notes.append(f'task "{key}": unknown validator "{excerpt(error.args[0])}" dropped')
        except ValueError as error:
            notes.append(f'task "{key}": a validator was dropped: {error}')
        else:
            kept.setdefault(spec.name, spec)
    return tuple(kept.values())
