"""What it would save to move one kind of task from one model to another, and how sure that is.

Invariant: nothing is advised without an interval and the number behind it, or where the interval
leaves open whether it saves anything or costs quality.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Final

LEVEL: Final = 0.8
MONTH_DAYS: Final = 30.0
# Fewer attempts, accepted results or days say too little of a month.
MIN_ATTEMPTS: Final = 30
MIN_ACCEPTED: Final = 10
MIN_DAYS: Final = 3.0
# So much of the mean score may be lost at the interval's lower end.
TOLERANCE: Final = 0.02

TOO_FEW: Final = "too few attempts"
NO_SAVING: Final = "the interval leaves open whether it saves anything"
WORSE: Final = "the interval leaves open whether quality holds"


@dataclass(frozen=True, slots=True)
class Tally:
    """Sum up attempts. Costs are nano-dollars and all that an attempt took, reviews included.

    `accepted_cost` is the cost of accepted attempts. The score sums are over `scored` attempts:
    those that could be judged.
    """

    n: int = 0
    accepted: int = 0
    cost: float = 0.0
    cost_squared: float = 0.0
    accepted_cost: float = 0.0
    scored: int = 0
    score: float = 0.0
    score_squared: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def cost_per_accepted(self) -> float | None:
        """Return what one accepted result took, failed attempts included; None without any."""
        return self.cost / self.accepted if self.accepted else None

    @property
    def mean_score(self) -> float | None:
        return self.score / self.scored if self.scored else None

    def residual(self, price: float) -> float:
        """Return the sum of squares of what each attempt cost beyond `price` per acceptance."""
        return max(
            0.0,
            self.cost_squared - 2 * price * self.accepted_cost + price * price * self.accepted,
        )

    def price_variance(self, price: float) -> float:
        """Return the variance of the cost per accepted result, which is a ratio of two sums."""
        return self.residual(price) / self.accepted**2 * self.n / max(1, self.n - 1)

    def score_variance(self) -> float:
        """Return the variance of the mean score."""
        if self.scored < 2:
            return 1.0
        mean = self.score / self.scored
        spread = max(0.0, self.score_squared - self.scored * mean * mean)
        return spread / (self.scored - 1) / self.scored


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds that hold it in 8 of 10 cases."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Advice:
    """What moving would bring: nano-dollars a month, and the difference of the mean score."""

    current: str
    proposed: str
    saving: Interval
    quality: Interval
    n: int
    days: float
    here: Tally
    there: Tally


def advise(
    tallies: Mapping[str, Tally],
    days: float,
    may_move: Callable[[str, str], bool] = lambda current, proposed: True,
) -> Advice | None:
    """Return the best advice among models at one kind of task; None: there is none to give.

    `tallies` are of the last `days`. Best is what saves most at its interval's lower end.
    `may_move` tells whether moving from one to the other is to be thought of at all.
    """
    found = [
        advice
        for current in sorted(tallies)
        for proposed in sorted(tallies)
        if current != proposed
        and may_move(current, proposed)
        and (advice := weigh(current, proposed, tallies, days)) is not None
        and objection(advice) is None
    ]
    return max(found, key=lambda one: one.saving.low, default=None)


def weigh(current: str, proposed: str, tallies: Mapping[str, Tally], days: float) -> Advice | None:
    """Return what moving all of one model's tasks to another would bring; None: too little seen.

    The saving is what the attempts did cost less what their accepted results would have cost at
    the other model's price. How many tasks come in a month is taken for random, as is all of
    their cost. Source: variance of a compound Poisson sum, and the delta method for a ratio.
    """
    here, there = tallies[current], tallies[proposed]
    if days < MIN_DAYS or not (_enough(here) and _enough(there)):
        return None
    price = there.cost / there.accepted
    saved = here.cost - here.accepted * price
    variance = here.residual(price) + here.accepted**2 * there.price_variance(price)
    a_month = MONTH_DAYS / days
    loss = (there.mean_score or 0.0) - (here.mean_score or 0.0)
    return Advice(
        current,
        proposed,
        _interval(saved * a_month, math.sqrt(variance) * a_month, here.n, there.n),
        _interval(
            loss,
            math.sqrt(here.score_variance() + there.score_variance()),
            here.scored,
            there.scored,
        ),
        here.n + there.n,
        days,
        here,
        there,
    )


def objection(advice: Advice) -> str | None:
    """Return what keeps it from being given; None: nothing."""
    if min(advice.here.scored, advice.there.scored) < MIN_ATTEMPTS:
        return TOO_FEW
    if round(advice.saving.low) <= 0:
        return NO_SAVING
    if advice.quality.low < -TOLERANCE:
        return WORSE
    return None


def quantile(count: int, level: float = LEVEL) -> float:
    """Return how many standard errors reach to the bounds of an interval from so few values.

    Source: Student's t by its Cornish-Fisher expansion, Abramowitz and Stegun 26.7.5.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    freedom = max(1, count - 1)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / freedom**2


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of all together."""
    return sum(tallies, Tally())


def _enough(tally: Tally) -> bool:
    return tally.n >= MIN_ATTEMPTS and tally.accepted >= MIN_ACCEPTED


def _interval(value: float, error: float, *counts: int) -> Interval:
    reach = quantile(min(counts)) * error
    return Interval(value, value - reach, value + reach)
