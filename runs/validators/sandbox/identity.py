"""Who the program inside is to the host; pure, changes with how user namespaces map identities.

Invariant: the program is never the host's root, for root is exempt from the limit on processes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .spec import INNER_ID

# Above all that account tools hand out, and below the signed 32-bit limit.
_SPARE_FIRST: Final = 1_800_000_000
_SPARE_COUNT: Final = 200_000_000
_NOBODY: Final = 65534


@dataclass(frozen=True)
class Mapping:
    """What is written to uid_map and gid_map; whether groups can then be given up."""

    uid_map: str
    gid_map: str
    may_set_groups: bool


def mapping(uid: int, gid: int, own_uid_map: str, draw: Callable[[int], int]) -> Mapping:
    """Return the identities of a sandbox started by `uid`.

    `own_uid_map` is the starter's /proc/self/uid_map. An ordinary user stays itself, without
    power. Root becomes an identity that nobody has, so that the program owns nothing and its
    processes are counted apart.
    Raises: OSError where root has no other identity to give away.
    """
    spare = _spare(own_uid_map, draw) if uid == 0 else None
    if uid == 0 and spare is None and own_uid_map.split()[1:2] == ["0"]:
        raise OSError("root has no second identity to run the program as")
    if spare is None:
        return Mapping(f"{INNER_ID} {uid} 1\n", f"{INNER_ID} {gid} 1\n", may_set_groups=False)
    # Root stays mapped for the set-up: it must reach a Python that only root can read.
    both = f"0 0 1\n{INNER_ID} {spare} 1\n"
    return Mapping(both, both, may_set_groups=True)


def _spare(own_uid_map: str, draw: Callable[[int], int]) -> int | None:
    ranges = [[int(word) for word in line.split()] for line in own_uid_map.splitlines()]
    last = _SPARE_FIRST + _SPARE_COUNT
    if any(first <= _SPARE_FIRST and first + count > last for first, _, count in ranges):
        return _SPARE_FIRST + draw(_SPARE_COUNT)
    if any(first <= _NOBODY < first + count for first, _, count in ranges):
        return _NOBODY
    return None
