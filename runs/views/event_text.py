"""An event's payload in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from budgets.core.errors import InvalidAmount
from budgets.core.money import parse_usd
from runs.views.formats import look_of, ratio, usd, words

# Of use to machines only; whoever needs them reads the REST API.
HIDDEN = {"call", "call_id", "decision", "decision_id", "epoch", "run", "run_id"}


def _money(value: Any) -> str:
    try:
        return usd(parse_usd(str(value)))
    except InvalidAmount:
        return str(value)


def _score(value: Any) -> str:
    try:
        return f"score {ratio(float(value))}"
    except (TypeError, ValueError):
        return f"score {value}"


WRITERS: Mapping[str, Callable[[Any], str]] = {
    "task": str,
    "key": str,
    "model": str,
    "attempt": lambda value: f"attempt {value}",
    "tasks": lambda value: f"{value} tasks",
    "by": lambda value: f"by {value}",
    "phase": lambda value: words(str(value)).lower(),
    "status": lambda value: look_of(str(value)).label.lower(),
    "outcome": lambda value: look_of(str(value)).label,
    "score": _score,
    "cost_usd": _money,
    "corrected": lambda _: "corrected",
}


def event_text(payload: Mapping[str, Any]) -> str:
    """Write what a payload says, in the order it was recorded; what is empty is left out."""
    said = (
        WRITERS[name](value) if name in WRITERS else f"{words(name).lower()} {value}"
        for name, value in payload.items()
        if name not in HIDDEN and value is not None and value is not False and value != ""
    )
    return " · ".join(said)
