from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.core.json_text import MAX_CHARS, UnreadableJson, found_values, read_json


def values(text):
    return [found.value for found in found_values(text)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("[1,", "Expecting value"),
        ("[1] and more", "Extra data"),
        ("[NaN]", "NaN is not JSON"),
        ("[Infinity]", "Infinity is not JSON"),
        ('{"a": 1, "a": 2}', "a key appears twice"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("9" * 5_000, "Exceeds the limit"),
        (" " * (MAX_CHARS + 1), "longer than 1000000 characters"),
    ],
)
def test_what_is_not_json_is_refused_with_a_reason(text, reason):
    with pytest.raises(UnreadableJson, match=reason):
        read_json(text)


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda c: st.lists(c), max_leaves=8))
def test_json_is_read_as_it_is(value):
    assert read_json(json.dumps(value)) == value


def test_the_whole_text_comes_first_then_fences_then_the_largest_value():
    inside = 'So: {"a": 1} or [{"b": 22222}].\n```json\n{"c": 3}\n```\n'
    assert values(inside) == [{"c": 3}, [{"b": 22222}], {"a": 1}, {"c": 3}]
    assert values('{"a": 1}')[0] == {"a": 1}


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ('{"a": 1}', True),
        ('\n {"a": 1} \n', True),
        ('```json\n{"a": 1}\n```', True),
        ('```\n{"a": 1}\n```\n', True),
        ('Here:\n```json\n{"a": 1}\n```', False),
        ('```json\n{"a": 1}\n```\nDone.', False),
        ('I say {"a": 1}', False),
        ('```json\n{"a": 1}\n```\n```json\n{"a": 1}\n```', False),
    ],
)
def test_a_value_knows_whether_anything_stood_around_it(text, whole):
    first = next(iter(found_values(text)))
    assert (first.value, first.whole) == ({"a": 1}, whole)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a [ { "x": [1, {"y": 2}] } ] b', [[{"x": [1, {"y": 2}]}]]),
        ('{oops} {"x": 1}', [{"x": 1}]),
        ('[{"x": 1}, {"y": 2', [{"x": 1}]),  # cut off: only what was finished
        ('[{"x": 1, "x": 2}] {"y": 1}', [{"y": 1}]),
        ('an unended [{"quote} and {"x": 1}', [{"x": 1}]),
        ("[1, 2]", [[1, 2]]),
        ("text only", []),
    ],
)
def test_values_are_found_inside_a_text(text, expected):
    assert values(text) == expected


def test_a_text_over_the_limit_is_not_searched():
    assert values('{"a": 1}' + " " * MAX_CHARS) == []


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "{",
        '[{"',
        '{"a":',
        "[[{}],",
        '{"',
        '"',
        "```\n",
        "```json\n{",
        '[{"a":1},',
        "[{}",
        "\\",
    ],
)
def test_hostile_text_costs_little(unit):
    text = (unit * MAX_CHARS)[:MAX_CHARS]
    started = time.process_time()
    for _ in found_values(text):
        pass
    # Quadratic work on a million characters would take hours; the bound is generous.
    assert time.process_time() - started < 5


def test_the_search_inside_a_text_has_an_allowance():
    """Each start reads on for long and fails; without a bound that is quadratic."""
    hostile = '[{"a": ["",' * 400
    assert values(hostile[: 11 * 3] + '{"x": 1}') == [{"x": 1}]
    assert values(hostile + '{"x": 1}') == []


def test_only_so_many_starts_and_fences_are_tried():
    assert values("[{]" * 999 + '{"x": 1}') == [{"x": 1}]
    assert values("[{]" * 1_000 + '{"x": 1}') == []
    assert values("```\nno\n```\n" * 100 + "```\n[1]\n```\n") == []


@given(st.text(alphabet='[]{}",:1a\\`\n ', max_size=60))
def test_nothing_but_values_comes_of_any_text(text):
    for found in found_values(text):
        assert json.dumps(found.value)
