"""The hash chain: every harm to it is found at its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.chain import (
    ORIGIN,
    START,
    Link,
    Record,
    canonical,
    first_break,
    hash_of,
    is_ambiguous,
    unambiguous,
    with_hashes,
    written,
)
from tests.unit.routing.policies import few

TEXTS = ("{}", "[1]")


def chain(length: int) -> list[Record]:
    records: list[Record] = []
    before = ORIGIN
    for position in range(1, length + 1):
        content = {"n": position}
        link = Link(position, before, hash_of(written(7, position, before, content, TEXTS)))
        records.append((f"id{position}", link, content, TEXTS))
        before = link.hash
    return records


def broken(records: list[Record], head: Link) -> int | None:
    found = first_break(with_hashes(7, records), START, head)
    return None if found is None else found.position


def head_of(records: list[Record]) -> Link:
    return records[-1][1] if records else START


@few
@given(st.integers(0, 6))
def test_a_chain_as_it_was_written_is_whole(length: int) -> None:
    records = chain(length)
    assert broken(records, head_of(records)) is None


@few
@given(st.data(), st.integers(1, 6))
def test_a_removed_record_is_missed_at_its_place(data: st.DataObject, length: int) -> None:
    records = chain(length)
    gone = data.draw(st.integers(0, length - 1))
    assert broken(records[:gone] + records[gone + 1 :], head_of(records)) == gone + 1


@few
@given(st.data(), st.integers(1, 6))
def test_a_changed_record_is_found(data: st.DataObject, length: int) -> None:
    records = chain(length)
    place = data.draw(st.integers(0, length - 1))
    name, link, content, _ = records[place]
    changed: list[Record] = [(name, link, {"n": -1}, TEXTS), (name, link, content, ("{}", "[2]"))]
    records[place] = data.draw(st.sampled_from(changed))
    assert broken(records, head_of(records)) == place + 1


@few
@given(st.data(), st.integers(1, 6))
def test_an_inserted_record_is_found(data: st.DataObject, length: int) -> None:
    records = chain(length)
    place = data.draw(st.integers(0, length - 1))
    records.insert(place, ("new", records[place][1], {"n": 0}, TEXTS))
    assert broken(records, head_of(chain(length))) in (place + 1, place + 2)


@few
@given(st.data(), st.integers(2, 6))
def test_records_that_changed_places_are_found(data: st.DataObject, length: int) -> None:
    records = chain(length)
    one, other = sorted(data.draw(st.sets(st.integers(0, length - 1), min_size=2, max_size=2)))
    moved = list(records)
    moved[one] = (records[other][0], records[one][1], *records[other][2:])
    moved[other] = (records[one][0], records[other][1], *records[one][2:])
    assert broken(moved, head_of(records)) == one + 1


def test_a_record_put_in_twice_and_one_that_follows_another_are_told_apart() -> None:
    records = chain(3)
    twice = first_break(with_hashes(7, [records[0], *records]), START, head_of(records))
    assert twice is not None
    assert (twice.position, twice.reason) == (2, "a decision was inserted: 1 is there twice")
    other = Link(2, "f" * 64, hash_of(written(7, 2, "f" * 64, {"n": 2}, TEXTS)))
    stray: list[Record] = [records[0], ("id2", other, {"n": 2}, TEXTS)]
    found = first_break(with_hashes(7, stray), START, other)
    assert found is not None
    assert found.reason == "it does not follow the decision before it"


def test_a_record_in_another_chain_has_another_hash() -> None:
    records = chain(2)
    assert first_break(with_hashes(8, records), START, head_of(records)) is not None


def test_a_head_that_does_not_fit_is_found() -> None:
    records = chain(3)
    assert broken(records, Link(3, "", "f" * 64)) == 3
    assert broken(records, Link(5, "", "f" * 64)) == 4


def test_a_walk_may_begin_in_the_middle() -> None:
    records = chain(5)
    after = records[2][1]
    assert first_break(with_hashes(7, records[3:]), after, head_of(records)) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)  # fmt: skip


@few
@given(json_values)
def test_what_is_hashed_reads_the_same_from_jsonb(value: Any) -> None:
    if is_ambiguous(canonical(value)):
        value = unambiguous(value)
    # As PostgreSQL hands numbers back: exact decimals without sign of zero or exponent.
    returned = json.loads(json.dumps(value), parse_float=_as_jsonb)
    assert canonical(returned) == canonical(value)


def _as_jsonb(number: str) -> float | int:
    from decimal import Decimal

    plain = format(Decimal(number), "f")
    if plain.startswith("-") and float(plain) == 0:
        plain = plain[1:]
    return float(plain) if "." in plain else int(plain)


@pytest.mark.parametrize(
    "value, kept", [((1e22, -0.0), [10**22, 0]), ({"a": (0.5,)}, {"a": [0.5]})]
)
def test_numbers_that_databases_disagree_about_become_whole(value: Any, kept: Any) -> None:
    assert unambiguous(value) == kept
