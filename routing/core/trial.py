"""Whether a model tried beside another is worse: a test that may be looked at after every result.

Invariant: however often it is looked at, a model that is within the tolerance is taken for worse,
or one that is not for good, with probability ALPHA at most.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from routing.core.advice import TOLERANCE

ALPHA: Final = 0.05
CURRENT: Final = "current"
PROPOSED: Final = "proposed"
# What is bet on each difference, as shares of the most that could be lost: no one of them is
# right for every size of a difference, and all together are nearly as good as the best.
STAKES: Final = (0.9, 0.6, 0.4, 0.25, 0.15, 0.1, 0.06, 0.03)
_HALVINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the differences of the score, proposed less current, say so far.

    `low` and `high` hold the true mean difference at all times with probability 1 - 2 ALPHA.
    `is_worse`: it lies below the tolerance; `holds`: it lies above it. Neither: not known yet.
    `mean` None: nothing was compared yet.
    """

    n: int
    mean: float | None
    low: float
    high: float
    is_worse: bool
    holds: bool


def judge(differences: Sequence[float], tolerance: float = TOLERANCE) -> Verdict:
    """Return what these differences, each in [-1, 1] and in the order they came, amount to.

    Source: testing by betting, Waudby-Smith and Ramdas, JRSS B 2024; a capital that a fair game
    multiplies by 1 / ALPHA has probability ALPHA at most (Ville's inequality).
    """
    return Verdict(
        n=len(differences),
        mean=sum(differences) / len(differences) if differences else None,
        low=-_upper([-one for one in differences]),
        high=_upper(differences),
        is_worse=_lies_below(differences, -tolerance),
        holds=_lies_below([-one for one in differences], tolerance),
    )


def is_worse(differences: Sequence[float], tolerance: float = TOLERANCE) -> bool:
    """Tell whether the mean difference surely lies below the tolerance."""
    return _lies_below(differences, -tolerance)


def differences_of(results: Iterable[tuple[str, float]]) -> Iterator[float]:
    """Yield differences of scores between the arms of a trial, from (arm, score) in order.

    Each is of the means of what came since the last one. The arms being drawn by lot, its
    expectation is the difference sought, whatever came before.
    """
    scores: dict[str, list[float]] = {CURRENT: [], PROPOSED: []}
    for arm, score in results:
        scores[arm].append(score)
        here, there = scores[CURRENT], scores[PROPOSED]
        if here and there:
            yield sum(there) / len(there) - sum(here) / len(here)
            here.clear()
            there.clear()


def _lies_below(differences: Sequence[float], bound: float) -> bool:
    return _log_capital(differences, bound) >= -math.log(ALPHA)


def _log_capital(differences: Sequence[float], bound: float) -> float:
    """Return the logarithm of what betting on a mean below `bound` in (-1, 1) has made of 1."""
    most = 1.0 - bound
    grown = [
        sum(math.log1p(stake * (bound - one) / most) for one in differences) for stake in STAKES
    ]
    largest = max(grown)
    return largest + math.log(sum(math.exp(one - largest) for one in grown) / len(STAKES))


def _upper(differences: Sequence[float]) -> float:
    """Return the least bound below which the mean surely lies; 1 if there is none.

    The capital grows with the bound, so halving finds it.
    """
    low, high = -1.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _lies_below(differences, middle):
            high = middle
        else:
            low = middle
    return high
