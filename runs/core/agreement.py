"""How far judges' scores agree with people's.

Invariant: no interval without enough pairs, and no correlation of what does not vary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from runs.core.heat import FEW

_Z95: Final = 1.959964
# Sums of equal floats differ in their last digits.
_NEVER_VARIED: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its interval of 95 %; None: too few pairs for one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """`difference` is judges less people, on average; `correlation` None: one side never varied."""

    n: int
    difference: Interval
    correlation: Interval | None


def agreement(pairs: Sequence[tuple[float, float]]) -> Agreement | None:
    """Return how judges (first) and people (second) agree; None: nobody was asked.

    Source: Fisher (1921), the z transform of a correlation.
    """
    if not pairs:
        return None
    differences = [judge - person for judge, person in pairs]
    mean, sd = _mean_sd(differences)
    half = _Z95 * sd / math.sqrt(len(pairs))
    enough = len(pairs) >= FEW
    difference = Interval(mean, mean - half, mean + half) if enough else Interval(mean)
    return Agreement(len(pairs), difference, _correlation(pairs) if enough else None)


def _correlation(pairs: Sequence[tuple[float, float]]) -> Interval | None:
    judges, people = ([pair[side] for pair in pairs] for side in (0, 1))
    (mean_judge, sd_judge), (mean_person, sd_person) = _mean_sd(judges), _mean_sd(people)
    if min(sd_judge, sd_person) < _NEVER_VARIED:
        return None
    together = sum((judge - mean_judge) * (person - mean_person) for judge, person in pairs)
    r = together / (len(pairs) - 1) / sd_judge / sd_person
    z = math.atanh(max(-0.999999, min(0.999999, r)))
    half = _Z95 / math.sqrt(len(pairs) - 3)
    return Interval(r, math.tanh(z - half), math.tanh(z + half))


def _mean_sd(values: Sequence[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    squares = sum((one - mean) ** 2 for one in values)
    return mean, math.sqrt(squares / max(1, len(values) - 1))
