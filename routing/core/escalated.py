"""What models do at tasks that another model failed: such tasks are the harder ones of their type.

Invariant: scores at such tasks are held against no model that was tried at common ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from routing.core.cascade import LEAST_SCORES, NO_GAIN, Way, Weighed
from routing.core.chance import chance_of
from routing.core.choice import Choice
from routing.core.quality import Estimate

SUFFIX: Final = "+escalated"


def escalated(task_type: str) -> str:
    """Return what tasks of this type are once a model failed them: a type of their own."""
    return f"{task_type}{SUFFIX}"


def judged_by(weighed: Weighed, choice: Choice, seen: Estimate) -> Weighed:
    """Return what was weighed with the second try's chance as it is at tasks that were failed.

    `seen` is what is believed of the chosen model there; from few scores it says too little, and
    the two tries stay as independent as they were taken to be.
    """
    if weighed.taken is None or seen.n < LEAST_SCORES:
        return weighed
    threshold = choice.threshold
    chance = seen.mean if threshold is None else chance_of(seen.mean, seen.spread, threshold)
    firsts = {one.candidate.model: one.chance for one in choice.scored}

    def again(way: Way) -> Way:
        first = firsts[way.models[0]]
        good = (first + (1.0 - first) * chance) * (1.0 - weighed.check.wrong_pass)
        value = choice.worth_nanousd * good - way.cost_nanousd
        return replace(way, chance=good, value_nanousd=value)

    alone = again(weighed.alone)
    ways = sorted(map(again, weighed.ways), key=lambda one: (-one.value_nanousd, one.models))
    best = next((one for one in ways if one.beats(alone)), None)
    if best is None:
        return replace(weighed, alone=alone, ways=tuple(ways), why=NO_GAIN)
    rest = (one for one in ways if one is not best)
    return replace(weighed, alone=alone, ways=(best, *rest))
