"""What a rule did save: what was spent against what the model before would have cost.

Invariant: a month's saving is its expected cost less what was spent, and lies in its interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from routing.core.advice import Interval, quantile


@dataclass(frozen=True, slots=True)
class Price:
    """What accepted results cost at the model before, and the standard error of one's cost."""

    cost_nanousd: int
    accepted: int
    error: float
    n: int

    @property
    def nanousd(self) -> Fraction:
        """Return what one accepted result cost, failed attempts included."""
        return Fraction(self.cost_nanousd, self.accepted)


@dataclass(frozen=True, slots=True)
class Moved:
    """Sum up attempts by the proposed model; `ratio` is the part of them that was moved there.

    `residual` is the sum of squares of what each did cost beyond the price of what was accepted
    of it. The sum of scores is over `scored` attempts: those that could be judged.
    """

    ratio: float
    n: int
    accepted: int
    cost_nanousd: int
    residual: float
    scored: int
    score_sum: float


@dataclass(frozen=True, slots=True)
class Saved:
    """What one month came to. `quality_mean` None: nothing could be judged."""

    tasks: int
    spent_nanousd: int
    expected_nanousd: int
    saving: Interval
    quality_mean: float | None


def realised(moved: Iterable[Moved], price: Price) -> Saved:
    """Return what was saved over these attempts.

    The same accepted results are taken to have cost `price` each at the model before. What is
    uncertain of it is that price, and the luck of the month in both models' hands.
    """
    parts = list(moved)
    spent = round(sum(Fraction(one.ratio) * one.cost_nanousd for one in parts))
    accepted = sum(Fraction(one.ratio) * one.accepted for one in parts)
    expected = round(accepted * price.nanousd)
    scored = sum(one.scored for one in parts)
    reach = _reach(parts, price, float(accepted))
    saving = expected - spent
    return Saved(
        tasks=round(accepted),
        spent_nanousd=spent,
        expected_nanousd=expected,
        saving=Interval(saving, saving - reach, saving + reach),
        quality_mean=sum(one.score_sum for one in parts) / scored if scored else None,
    )


def _reach(parts: Iterable[Moved], price: Price, accepted: float) -> float:
    """Return how far the interval reaches to either side."""
    luck = sum(one.ratio**2 * one.residual for one in parts)
    n = sum(one.n for one in parts)
    error = math.sqrt(luck + (accepted * price.error) ** 2)
    return quantile(max(2, min(price.n, n))) * error
