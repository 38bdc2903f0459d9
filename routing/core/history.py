"""What profiles were at earlier moments, told from what they are and what was seen since.

Invariant: once all that was seen lies behind, profiles are what they are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from routing.core.levels import rest_of
from routing.core.quality import NOTHING_SEEN, Observation, Profile, observe
from routing.core.versions import VersionKey

Seen = tuple[VersionKey, Observation]


def states_at(
    whole: Mapping[VersionKey, Profile], seen: Sequence[Seen], ends: Sequence[datetime]
) -> Iterator[dict[VersionKey, Profile]]:
    """Yield what the profiles were at each of these moments, the oldest first.

    `seen` is the newest part of what `whole` is made of, the oldest first. It is taken out, and
    put back moment by moment.
    """
    state = rest_of(whole, _folded({}, seen))
    place = 0
    for end in ends:
        upto = bisect_right(seen, end, lo=place, key=lambda one: one[1].at)
        state = _folded(state, seen[place:upto])
        place = upto
        yield state


def _folded(state: Mapping[VersionKey, Profile], seen: Sequence[Seen]) -> dict[VersionKey, Profile]:
    folded = dict(state)
    for key, one in seen:
        folded[key] = observe(folded.get(key, NOTHING_SEEN), one)
    return folded
