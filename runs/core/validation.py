"""Which validators a task asks for, read from data that anybody may have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from runs.core.tasks import VALIDATORS, ValidatorSpec

MAX_VALIDATORS: Final = 16
MAX_OPTIONS_CHARS: Final = 20_000


def read_validator(value: object) -> ValidatorSpec:
    """Return the validator that a name or `{"name": …, "options": {…}, "schema": {…}}` asks for.

    Raises: ValueError with a reason; KeyError holding the name of an unknown validator.
    """
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        raise ValueError("a validator is a name or an object with a name")
    name = value["name"]
    if name not in VALIDATORS:
        raise KeyError(name)
    return ValidatorSpec(name, _options(value))


def _options(value: Mapping[Any, Any]) -> Mapping[str, Any]:
    options = value.get("options")
    if options is None:
        options = {}
    if not isinstance(options, Mapping):
        raise ValueError("the options of a validator are an object")
    if "schema" in value:
        options = {**options, "schema": value["schema"]}
    if not _is_storable(options):
        raise ValueError("the options of a validator are too large or hold what cannot be stored")
    return dict(options)


def _is_storable(options: Mapping[Any, Any]) -> bool:
    """Say whether both databases keep the options as they are: no NaN, NUL, lone surrogate."""
    try:
        text = json.dumps(options, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return len(text) <= MAX_OPTIONS_CHARS and "\\u0000" not in text
