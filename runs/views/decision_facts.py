"""What a decision was made from, as people read it; it holds no prompt, output or secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from routing.models import Decision
from routing.models.decision import Kind
from runs.views.formats import usd, words

MONEY = "_nanousd"


@dataclass(frozen=True, slots=True)
class Turn:
    """One field that somebody changed; empty: it was not, or no longer is, there."""

    field: str
    before: str
    after: str


def facts_of(decision: Decision) -> list[tuple[str, str]]:
    """Return the plain figures among what was known, by name."""
    if decision.kind == Kind.CHANGE:
        return []
    return [(name, text) for name, value in decision.inputs.items()
            for name, text in _fact(str(name), value)]  # fmt: skip


def turns_of(decision: Decision) -> list[Turn]:
    """Return what a change made of each field; empty for whatever is no change."""
    if decision.kind != Kind.CHANGE:
        return []
    before, after = (_flat(decision.inputs.get(name)) for name in ("before", "after"))
    names = [*before, *(name for name in after if name not in before)]
    return [
        Turn(_label(name), _said(name, before.get(name)), _said(name, after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _fact(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str | int | float | bool) and value != "":
        yield _label(name), _said(name, value)
    elif isinstance(value, list) and value and all(isinstance(one, str | int) for one in value):
        yield _label(name), ", ".join(map(str, value))


def _flat(value: Any, head: str = "") -> dict[str, Any]:
    """Return nested fields by their path, so that what changed within is told apart."""
    if not isinstance(value, Mapping):
        return {}
    found: dict[str, Any] = {}
    for name, one in value.items():
        path = f"{head}{name}"
        found |= _flat(one, f"{path}.") if isinstance(one, Mapping) else {path: one}
    return found


def _label(name: str) -> str:
    return words(name.removesuffix(MONEY).removesuffix("_usd"))


def _said(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name.endswith(MONEY) and isinstance(value, int):
        return usd(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
