from __future__ import annotations

from typing import Any

import pytest

from runs.core.tasks import ValidatorSpec
from runs.core.validation import read_validator


def nested(depth):
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("value", "spec"),
    [
        ("ruff", ValidatorSpec("ruff")),
        ({"name": "ruff"}, ValidatorSpec("ruff")),
        ({"name": "length", "options": None}, ValidatorSpec("length")),
        ({"name": "length", "options": {"min": 5}}, ValidatorSpec("length", {"min": 5})),
        ({"name": "json_schema", "schema": {}}, ValidatorSpec("json_schema", {"schema": {}})),
        (
            {"name": "json_schema", "options": {"schema": {"a": 1}, "b": 2}, "schema": {}},
            ValidatorSpec("json_schema", {"schema": {}, "b": 2}),
        ),
        (
            {"name": "length", "options": {"note": "naïve 🙂"}},
            ValidatorSpec("length", {"note": "naïve 🙂"}),
        ),
    ],
)
def test_a_validator_is_a_name_or_an_object(value, spec):
    assert read_validator(value) == spec


def test_options_may_be_as_long_as_twenty_thousand_characters():
    options = {"a": "x" * (20_000 - len('{"a": ""}'))}
    assert read_validator({"name": "length", "options": options}).options == options
    options["a"] += "x"
    with pytest.raises(ValueError, match="too large"):
        read_validator({"name": "length", "options": options})


@pytest.mark.parametrize("value", [None, 3, [], ["ruff"], {}, {"name": 3}, {"options": {}}])
def test_what_names_no_validator_is_refused(value):
    with pytest.raises(ValueError, match="a name or an object"):
        read_validator(value)


@pytest.mark.parametrize("name", ["exec", "", "Ruff", "../ruff"])
def test_an_unknown_validator_is_told_by_its_name(name):
    with pytest.raises(KeyError) as caught:
        read_validator(name)
    assert caught.value.args == (name,)


@pytest.mark.parametrize(
    "options",
    [
        {"a": "x" * 20_001},
        {"a": "nul \x00"},
        {"a": "half \ud800"},
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": object()},
        nested(100_000),
    ],
)
def test_options_that_cannot_be_stored_are_refused(options):
    with pytest.raises(ValueError, match="cannot be stored"):
        read_validator({"name": "length", "options": options})


def test_options_are_an_object():
    with pytest.raises(ValueError, match="are an object"):
        read_validator({"name": "length", "options": [1]})
