"""Who may make whom what: the rules of changing members.

Invariant: an organisation keeps an owner, and nobody but an owner makes, changes or removes one.
"""

from __future__ import annotations

from budgets.core.access import Role


def refusal_of(
    *,
    by_owner: bool,
    before: Role | None,
    after: Role | None,
    whole_org: bool,
    other_owners: int,
) -> str:
    """Return why a role may not become another, in a sentence; empty: it may.

    `before` None: a new member; `after` None: one who leaves. `other_owners` are those of the
    whole organisation beside this one.
    """
    if Role.OWNER in (before, after) and not by_owner:
        return "Only an owner can make, change or remove an owner."
    if before is Role.OWNER and after is not Role.OWNER and whole_org and other_owners == 0:
        return "This is the last owner: make somebody else an owner first."
    return ""
