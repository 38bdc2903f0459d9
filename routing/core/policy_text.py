"""The rules of a policy as plain data, as people write them and tables keep them.

Invariant: rules are taken whole or refused by field; `rules_as_json` and `rules_from` are inverse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from budgets.core.errors import InvalidAmount
from budgets.core.money import format_usd, parse_usd
from routing.core.policy import Rules

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
MAX_ITEMS = 200
MAX_CHARS = 128
MAX_NUMBER = 1_000_000_000


class InvalidPolicy(ValueError):
    """Name the fields that were refused, each with its reasons."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(why)}" for field, why in errors.items()))
        self.errors = dict(errors)


def rules_from(data: Any) -> Rules:
    """Return the rules that plain data describes; null asks nothing.

    Raises: InvalidPolicy.
    """
    if not isinstance(data, Mapping):
        raise InvalidPolicy({"rules": ["Write an object of constraints."]})
    given: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for key, value in data.items():
        if key not in _FIELDS:
            errors[f"rules.{str(key)[:60]}"] = [f"There is no such rule: {', '.join(_FIELDS)}."]
        elif value is not None:
            name, read, _ = _FIELDS[key]
            try:
                given[name] = read(value)
            except ValueError as error:
                errors[f"rules.{key}"] = [str(error)]
    if errors:
        raise InvalidPolicy(errors)
    return Rules(**given)


def rules_as_json(rules: Rules) -> dict[str, Any]:
    """Return rules as plain data, without what asks nothing."""
    written = {}
    for key, (name, _, write) in _FIELDS.items():
        value = getattr(rules, name)
        if value is not None and value != frozenset():
            written[key] = write(value)
    return written


def _names(value: Any) -> frozenset[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError("Write a list of texts.")
    if len(value) > MAX_ITEMS:
        raise ValueError(f"At most {MAX_ITEMS} entries.")
    if any(not one.strip() or len(one) > MAX_CHARS or not one.isprintable() for one in value):
        raise ValueError(f"Each entry is a text of 1 to {MAX_CHARS} characters.")
    return frozenset(value)


def _some_names(value: Any) -> frozenset[str]:
    names = _names(value)
    if not names:
        raise ValueError("An empty list would allow nothing: leave the rule out, or name some.")
    return names


def _money(value: Any) -> int:
    wrong = 'Write a positive amount of US dollars as a text, such as "0.05".'
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(wrong)
    try:
        amount = parse_usd(value)
    except InvalidAmount:
        raise ValueError(wrong) from None
    if amount == 0:
        raise ValueError("The amount must be more than zero.")
    return amount


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_NUMBER:
        raise ValueError(f"Write a whole number from 1 to {MAX_NUMBER}.")
    return value


def _quality(value: Any) -> float:
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    # As a float, since a Decimal's NaN cannot be compared; the comparison then refuses NaN, too.
    if not number or not 0 < float(value) <= 1:
        raise ValueError("Write a number above 0 and at most 1.")
    return float(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Write true or false.")
    return value


def _same(value: Any) -> Any:
    return value


# How each rule is written -> its field, how it is read, and how it is written again.
_FIELDS: Mapping[str, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "allowed_providers": ("allowed_providers", _some_names, sorted),
    "blocked_providers": ("blocked_providers", _names, sorted),
    "allowed_models": ("allowed_models", _some_names, sorted),
    "blocked_models": ("blocked_models", _names, sorted),
    "regions": ("regions", _some_names, sorted),
    "required_tags": ("required_tags", _names, sorted),
    "max_cost_per_call_usd": ("max_cost_per_call_nanousd", _money, format_usd),
    "max_cost_per_task_usd": ("max_cost_per_task_nanousd", _money, format_usd),
    "max_p95_latency_ms": ("max_p95_latency_ms", _number, _same),
    "min_quality": ("min_quality", _quality, _same),
    "max_requests_per_minute": ("max_requests_per_minute", _number, _same),
    "max_tokens_per_minute": ("max_tokens_per_minute", _number, _same),
    "unknown_price_allowed": ("unknown_price", _yes_or_no, _same),
}
RULES = tuple(_FIELDS)
