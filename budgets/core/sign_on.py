"""Who may enter by single sign-on.

Invariant: an address that its provider does not vouch for opens nothing, and who was switched off
comes back by an invitation alone.
"""

from __future__ import annotations

from enum import Enum


class Entry(Enum):
    """What becomes of somebody whom the provider knows."""

    ENTER = "a person known by this identity logs in"
    LINK = "a person known by this address logs in, and is known by the identity from then on"
    JOIN = "somebody invited becomes, or is again, a person here"
    CREATE = "somebody new becomes a person here, since the door is open"
    UNVERIFIED = "the provider does not vouch for the address"
    SWITCHED_OFF = "the person was switched off"
    UNKNOWN = "nobody invited this address"


def entry_of(
    *, verified: bool, linked: bool, active: bool | None, invited: bool, open_door: bool
) -> Entry:
    """Return what becomes of somebody.

    `linked`: the identity was seen before; `active` None: nobody here is meant by identity or
    address; `open_door`: whoever the provider knows may become a person here.
    """
    if not verified:
        return Entry.UNVERIFIED
    if active:
        return Entry.ENTER if linked else Entry.LINK
    if invited:
        return Entry.JOIN
    if active is not None:
        return Entry.SWITCHED_OFF
    return Entry.CREATE if open_door else Entry.UNKNOWN
