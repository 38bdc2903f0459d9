"""Who may make whom what."""

from __future__ import annotations

import pytest

from budgets.core.access import Role
from budgets.core.membership import refusal_of

OWNER, ADMIN = Role.OWNER, Role.ADMIN


@pytest.mark.parametrize(
    ("by_owner", "before", "after", "whole_org", "others", "word"),
    [
        (True, ADMIN, OWNER, True, 1, ""),
        (False, ADMIN, OWNER, True, 1, "Only an owner"),
        (False, None, OWNER, False, 1, "Only an owner"),
        (False, OWNER, ADMIN, True, 1, "Only an owner"),
        (False, OWNER, None, True, 1, "Only an owner"),
        (False, None, ADMIN, True, 1, ""),
        (False, ADMIN, None, True, 0, ""),
        (True, OWNER, None, True, 0, "last owner"),
        (True, OWNER, ADMIN, True, 0, "last owner"),
        (True, OWNER, OWNER, True, 0, ""),
        (True, OWNER, None, True, 1, ""),
        (True, OWNER, None, False, 0, ""),
    ],
)
def test_an_owner_stays_and_only_owners_touch_owners(
    by_owner: bool, before: Role | None, after: Role | None, whole_org: bool, others: int, word: str
) -> None:
    said = refusal_of(
        by_owner=by_owner, before=before, after=after, whole_org=whole_org, other_owners=others
    )
    assert word in said and bool(said) == bool(word)
