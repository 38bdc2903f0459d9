"""Who may enter by single sign-on, as a table."""

from __future__ import annotations

from itertools import product

import pytest

from budgets.core.sign_on import Entry, entry_of

CASES = [
    # verified, linked, active, invited, open door
    ((True, True, True, False, False), Entry.ENTER),
    ((True, False, True, False, False), Entry.LINK),
    ((True, False, True, True, True), Entry.LINK),
    ((True, False, None, True, False), Entry.JOIN),
    ((True, True, False, True, False), Entry.JOIN),
    ((True, True, False, False, False), Entry.SWITCHED_OFF),
    ((True, False, False, False, True), Entry.SWITCHED_OFF),
    ((True, False, None, False, True), Entry.CREATE),
    ((True, False, None, False, False), Entry.UNKNOWN),
]


def entry(facts: tuple[bool, bool, bool | None, bool, bool]) -> Entry:
    verified, linked, active, invited, open_door = facts
    return entry_of(
        verified=verified, linked=linked, active=active, invited=invited, open_door=open_door
    )


@pytest.mark.parametrize(("facts", "becomes"), CASES)
def test_what_becomes_of_somebody(
    facts: tuple[bool, bool, bool | None, bool, bool], becomes: Entry
) -> None:
    assert entry(facts) is becomes


def test_an_address_nobody_vouches_for_opens_nothing() -> None:
    for rest in product((True, False), (True, False, None), (True, False), (True, False)):
        assert entry((False, *rest)) is Entry.UNVERIFIED
