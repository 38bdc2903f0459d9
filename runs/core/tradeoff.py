"""Which model would be chosen at each setting of quality against cost.

Invariant: along the settings, from money to quality, the expected cost never falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from routing.core.candidates import Candidate
from routing.core.chance import chance_of
from routing.core.choice import WORTH_NANOUSD
from routing.core.frontier import Point, hull

# What an accepted result may be worth: from a hundredth of a cent to a hundred dollars.
STEPS_A_DECADE: Final = 4
WORTHS: Final = tuple(
    round(100_000 * 10 ** (step / STEPS_A_DECADE)) for step in range(6 * STEPS_A_DECADE + 1)
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of settings at which the same model is chosen.

    An accepted result is worth between `from_nanousd` and `to_nanousd`; None: anything above.
    `preferences` are those of runs that lie in it.
    """

    model: str
    quality: float
    cost_nanousd: int
    from_nanousd: int
    to_nanousd: int | None
    preferences: tuple[str, ...]


def stretches(candidates: Sequence[Candidate], threshold: float) -> list[Stretch]:
    """Return who is chosen by the means alone, from where money counts most to where least.

    Candidates without a known cost are left out.
    """
    priced = [one for one in candidates if one.expected_cost_nanousd is not None]
    if not priced:
        return []
    by_name = {one.model: one for one in priced}
    chosen = [(worth, _chosen(priced, worth, threshold)) for worth in WORTHS]
    starts = [
        (worth, model)
        for place, (worth, model) in enumerate(chosen)
        if place == 0 or chosen[place - 1][1] != model
    ]
    found = []
    for place, (worth, model) in enumerate(starts):
        first = 0 if place == 0 else worth
        until = starts[place + 1][0] if place + 1 < len(starts) else None
        one = by_name[model]
        found.append(
            Stretch(
                model,
                one.estimate.mean,
                one.expected_cost_nanousd or 0,
                first,
                until,
                tuple(
                    name
                    for name, value in WORTH_NANOUSD.items()
                    if first <= value and (until is None or value < until)
                ),
            )
        )
    return found


def frontier(candidates: Sequence[Candidate]) -> list[Point]:
    """Return the best quality to be had at each cost, models mixed."""
    points = [
        (float(one.expected_cost_nanousd), one.estimate.mean)
        for one in candidates
        if one.expected_cost_nanousd is not None
    ]
    return hull(points)


def _chosen(candidates: Sequence[Candidate], worth: int, threshold: float) -> str:
    """Return whom `choose` takes without a draw; it tells much more, which takes its time."""

    def value(one: Candidate) -> float:
        chance = chance_of(one.estimate.mean, one.estimate.spread, threshold)
        return worth * chance - (one.expected_cost_nanousd or 0)

    return min(candidates, key=lambda one: (-value(one), one.model)).model
