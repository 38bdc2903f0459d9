"""A policy as somebody writes it: read from plain data whole, or refused by field.

Invariant: a draft that was read can be written again and reads the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from routing.core.catalog import TASK_TYPES
from routing.core.policy import Mode, Rules, Scope
from routing.core.policy_text import NAME, InvalidPolicy, rules_as_json, rules_from

MAX_NOTE = 500
FIELDS = ("name", "scope", "team", "run", "task_type", "mode", "enabled", "note", "rules")


@dataclass(frozen=True, slots=True)
class Draft:
    """Hold what a policy would say. `team` is a slug; empty, as `task_type`: wherever."""

    name: str
    mode: Mode
    rules: Rules
    scope: Scope = Scope.ORG
    team: str = ""
    run: UUID | None = None
    task_type: str = ""
    enabled: bool = True
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the draft as `draft_from` reads it, without what says nothing."""
        written: dict[str, Any] = {
            "name": self.name,
            "scope": self.scope.value,
            "team": self.team,
            "run": str(self.run or ""),
            "task_type": self.task_type,
        }
        written = {key: value for key, value in written.items() if value}
        written |= {"mode": self.mode.value, "enabled": self.enabled}
        if self.note:
            written["note"] = self.note
        return written | {"rules": rules_as_json(self.rules)}


def draft_from(data: Any) -> Draft:
    """Return the draft that plain data describes.

    Raises: InvalidPolicy, naming every field that was refused.
    """
    if not isinstance(data, Mapping):
        raise InvalidPolicy({"policy": ["Write an object with name, scope, mode and rules."]})
    errors: dict[str, list[str]] = {
        str(key)[:60]: [f"There is no such field: {', '.join(FIELDS)}."]
        for key in data
        if key not in FIELDS
    }
    given = {key: value for key, value in data.items() if key in FIELDS and value is not None}
    read: dict[str, Any] = {}
    for key in ("name", "scope", "team", "run", "task_type", "mode", "enabled", "note"):
        if key not in given and key not in ("name", "mode"):
            continue
        try:
            read[key] = _READ[key](given.get(key))
        except ValueError as error:
            errors[key] = [str(error)]
    try:
        read["rules"] = rules_from(given.get("rules"))
    except InvalidPolicy as error:
        errors |= error.errors
    if not errors:
        errors = _misplaced(read)
    if errors:
        raise InvalidPolicy(errors)
    return Draft(**read)


def _misplaced(read: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what does not fit the scope."""
    scope = read.get("scope", Scope.ORG)
    errors: dict[str, list[str]] = {}
    if scope is Scope.TEAM and not read.get("team"):
        errors["team"] = ["A policy of scope team names its team."]
    if scope is Scope.RUN and not read.get("run"):
        errors["run"] = ["A policy of scope run names its run."]
    if scope is Scope.TASK_TYPE and not read.get("task_type"):
        errors["task_type"] = ["A policy of scope task_type names its type of task."]
    if scope is Scope.ORG and read.get("team"):
        errors["team"] = ["A policy of scope org holds in every team: leave this out."]
    if scope is Scope.RUN and read.get("team"):
        errors["team"] = ["The run has its team: leave this out."]
    if scope is not Scope.RUN and read.get("run"):
        errors["run"] = ["Only a policy of scope run names a run."]
    return errors


def _name(value: Any) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ValueError(
            "A name is a letter or digit, then at most 63 letters, digits, spaces and . _ -"
        )
    return value


def _choice(kind: type[Mode] | type[Scope]) -> Any:
    def read(value: Any) -> Mode | Scope:
        try:
            return kind(value)
        except (ValueError, TypeError):
            raise ValueError(f"Write one of {', '.join(kind)}.") from None

    return read


def _task_type(value: Any) -> str:
    if value != "" and (not isinstance(value, str) or value not in TASK_TYPES):
        raise ValueError(f"Write one of {', '.join(sorted(TASK_TYPES))}.")
    return str(value)


def _run(value: Any) -> UUID | None:
    if value == "":
        return None
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise ValueError("Write the id of a run.") from None


def _text(longest: int) -> Any:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest or "\x00" in value:
            raise ValueError(f"Write a text of at most {longest} characters.")
        return value

    return read


def _enabled(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Write true or false.")
    return value


_READ: Mapping[str, Any] = {
    "name": _name,
    "scope": _choice(Scope),
    "team": _text(101),
    "run": _run,
    "task_type": _task_type,
    "mode": _choice(Mode),
    "enabled": _enabled,
    "note": _text(MAX_NOTE),
}
