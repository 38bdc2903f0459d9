"""What a rule did save: what was spent against what the model before would have cost.

Invariant: a month's saving is its expected cost less what was spent, and lies in its interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from routing.core.advice import Interval, quantile


@dataclass(frozen=True, slots=True)
class Moved:
    """One attempt by the proposed model; `ratio` is the part of it that was moved there."""

    cost_nanousd: int
    accepted: bool
    score: float | None
    ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Price:
    """What an accepted result cost at the model before, and the standard error of that."""

    nanousd: float
    error: float
    n: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What one month came to. `quality_mean` None: nothing could be judged."""

    tasks: int
    spent_nanousd: int
    expected_nanousd: int
    saving: Interval
    quality_mean: float | None


def realised(attempts: Sequence[Moved], price: Price) -> Saved:
    """Return what was saved over these attempts.

    The same accepted results are taken to have cost `price` each at the model before. What is
    uncertain of it is that price, and the luck of the month in both models' hands.
    """
    spent = sum(one.ratio * one.cost_nanousd for one in attempts)
    accepted = sum(one.ratio for one in attempts if one.accepted)
    expected = accepted * price.nanousd
    luck = sum(
        (one.ratio * (one.accepted * price.nanousd - one.cost_nanousd)) ** 2 for one in attempts
    )
    error = math.sqrt(luck + (accepted * price.error) ** 2)
    scores = [one.score for one in attempts if one.score is not None]
    reach = quantile(max(2, min(price.n, len(attempts)))) * error
    saving = round(expected) - round(spent)
    return Saved(
        tasks=round(accepted),
        spent_nanousd=round(spent),
        expected_nanousd=round(expected),
        saving=Interval(saving, saving - reach, saving + reach),
        quality_mean=sum(scores) / len(scores) if scores else None,
    )
