from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError, ValidationError

from config.json_body import MAX_DEPTH, BodyTooLarge, StrictJSONParser, parse_object

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def read(raw: bytes) -> Any:
    return StrictJSONParser().parse(io.BytesIO(raw))


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_every_storable_object_is_read_as_it_is(value: dict[str, Any]):
    assert read(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_a_refusal(raw: bytes):
    try:
        assert isinstance(read(raw), dict)
    except (ParseError, ValidationError):
        return


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"1", b"null", b"{", b"{'a': 1}", b'{"a": NaN}', b'{"a": -Infinity}', b"\xff",
     b'{"a": 1, "a": 2}', b'{"x": {"b": 1, "b": 1}}', b'{"a": ' + b"1" * 5_000 + b"}",
     b'{"a":' * 100_000, "{}".encode("utf-16")],
)  # fmt: skip
def test_what_is_no_object_is_refused(raw: bytes):
    with pytest.raises(ParseError):
        parse_object(raw)


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b'{"a": "x\\u0000"}', "a"),
        (b'{"a": [1, {"b": "\\ud800"}]}', "a.1.b"),
        (b'{"a": 1e309}', "a"),
        (b'{"a": [-1e400]}', "a.0"),
        (b'{"\\ud800": 1}', "body"),
        (b'{"a": {"\\u0000": 1}}', "a"),
    ],
)
def test_what_cannot_be_stored_is_refused_naming_its_place(raw: bytes, where: str):
    with pytest.raises(ValidationError) as refused:
        read(raw)
    assert where in refused.value.detail


def test_depth_is_limited():
    fine: dict[str, Any] = {"a": 1}
    for _ in range(MAX_DEPTH - 2):
        fine = {"a": fine}
    assert read(json.dumps(fine).encode()) == fine
    with pytest.raises(ValidationError):
        read(json.dumps({"a": {"a": fine}}).encode())


def test_size_is_limited(settings: Any):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20
    assert read(b'{"a": "0123456789"}')
    with pytest.raises(BodyTooLarge):
        read(b'{"a": "01234567890123"}')
