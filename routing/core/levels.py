"""The levels of evidence that a team learns from, each without the one below it.

Invariant: nothing counts twice, since a level's evidence leaves out what the level below it saw.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from routing.core.drift import settled
from routing.core.posterior import Cell, Key
from routing.core.quality import NOTHING_SEEN, Profile, fading, without

Profiles = Mapping[Key, Profile]
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold profiles by model and task type; each level contains those below it.

    `everybody` is empty for an organisation that does not share.
    """

    everybody: Profiles = field(default_factory=dict)
    org: Profiles = field(default_factory=dict)
    team: Profiles = field(default_factory=dict)

    @property
    def widest(self) -> Profiles:
        """Return the widest level that has anything."""
        return self.everybody or self.org or self.team


def settled_levels(evidence: Evidence, now: datetime) -> tuple[list[Profiles], Profiles]:
    """Return each level apart, and the widest whole, as of now and after any change."""
    factor = fading(now)
    levels: list[Profiles] = [
        {key: settled(one, now, factor) for key, one in level.items()} for level in _apart(evidence)
    ]
    told = [level for level in levels if level]
    if len(told) == 1:
        return levels, told[0]
    return levels, {key: settled(one, now, factor) for key, one in evidence.widest.items()}


def cells_of(profiles: Profiles) -> dict[Key, Cell]:
    """Return the scores of faded profiles as cells; profiles without a score are left out."""
    cells = {}
    for key, one in profiles.items():
        if one.weight > 0.0:
            mean = one.score_sum / one.weight
            squares = max(0.0, one.score_sumsq - one.weight * mean * mean)
            cells[key] = Cell(one.weight, mean, squares)
    return cells


def _apart(evidence: Evidence) -> tuple[Profiles, Profiles, Profiles]:
    """Return each level without the level below it."""
    return (
        rest_of(evidence.everybody, evidence.org) if evidence.everybody else {},
        rest_of(evidence.org, evidence.team),
        evidence.team,
    )


def rest_of(whole: Mapping[K, Profile], part: Mapping[K, Profile]) -> dict[K, Profile]:
    """Return profiles without what is in others of the same keys; what is empty then is gone."""
    rest = {key: without(one, part.get(key, NOTHING_SEEN)) for key, one in whole.items()}
    return {key: one for key, one in rest.items() if one.n}
