"""What was known at earlier moments."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import pytest

from routing.core.history import Seen, states_at
from routing.core.quality import NOTHING_SEEN, Observation, Profile, observe
from routing.core.versions import VersionKey

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
ONE: VersionKey = ("a", "summarization", "")
OTHER: VersionKey = ("b", "summarization", "")


def day(number: float) -> datetime:
    return FIRST + timedelta(days=number)


def seen(key: VersionKey, *days: float) -> list[Seen]:
    return [(key, Observation(day(number), 0.5 + number / 100)) for number in days]


def profiles(rows: list[Seen]) -> dict[VersionKey, Profile]:
    found: dict[VersionKey, Profile] = {}
    for key, one in rows:
        found[key] = observe(found.get(key, NOTHING_SEEN), one)
    return found


def same(one: dict[VersionKey, Profile], other: dict[VersionKey, Profile]) -> bool:
    return one.keys() == other.keys() and all(
        profile.recent == other[key].recent
        and astuple(profile)[:-1] == pytest.approx(astuple(other[key])[:-1])
        for key, profile in one.items()
    )


@pytest.mark.parametrize("number", range(6))
def test_each_state_holds_what_was_seen_by_then(number: int):
    rows = sorted([*seen(ONE, 0, 1, 1.5, 4), *seen(OTHER, 2, 5)], key=lambda row: row[1].at)
    states = list(states_at(profiles(rows), rows, [day(end) for end in range(6)]))
    assert same(states[number], profiles([row for row in rows if row[1].at <= day(number)]))


def test_what_was_seen_before_the_part_is_there_from_the_first():
    before, lately = seen(ONE, -9, -8), seen(ONE, 2)
    first, last = states_at(profiles([*before, *lately]), lately, [day(1), day(3)])
    assert same(first, profiles(before))
    assert same(last, profiles([*before, *lately]))


def test_nothing_seen_since_leaves_all_as_it_is():
    whole = profiles(seen(ONE, 1))
    assert list(states_at(whole, [], [day(0), day(9)])) == [whole, whole]
