"""Whether a model has silently changed, told from its last scores against all before them.

Invariant: a profile that has not changed is returned as it is.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime

from routing.core.quality import RECENT, Profile, faded, weight_of_stamp

# How many of the last scores are held against the rest, at least; the shortest that speaks is
# taken. Scores of one moment have no order, so that no window ends between them.
WINDOWS = (8, 16, RECENT - 1)
# Standard errors between the two. Every call looks again, so that this is far out on purpose:
# a steady model of 0/1 scores is suspected about once in ten thousand calls.
ALARM = 4.5
# What came before a change still counts as this many scores.
REMEMBERED = 2.0
MIN_BEFORE = 6.0
MIN_SD = 0.05


@dataclass(frozen=True, slots=True)
class Shift:
    """Hold a change: the mean before and since, and of how many last scores."""

    before: float
    since: float
    scores: int


def shift_of(profile: Profile, now: datetime) -> Shift | None:
    """Return the change that the last scores show; None while they look like the rest.

    `profile` is faded to `now`; its last scores all count as the newest of them does. Sums over
    many organisations keep no last scores, and show nothing.
    Source: Welch's t for samples of unequal variance, over several window lengths.
    """
    if profile.n < WINDOWS[0] + MIN_BEFORE or not profile.recent:
        return None
    each = weight_of_stamp(profile.recent[0][0], now)
    total = squares = 0.0
    wanted = 0
    for count, (at, score) in enumerate(profile.recent[:-1], start=1):
        total += score
        squares += score * score
        if count >= WINDOWS[wanted] and at != profile.recent[count][0]:
            before = _before(profile, each * count, each * total, each * squares)
            shift = _shift(before, count, total / count, squares / count)
            if shift is not None:
                return shift
            wanted = bisect_right(WINDOWS, count)
            if wanted == len(WINDOWS):
                break
    return None


def settled(profile: Profile, now: datetime, factor: float) -> Profile:
    """Return the profile as of now, with what preceded a change all but forgotten.

    `factor` is `quality.fading(now)`. Cost and latency are kept: a model that answers worse is
    not paid less.
    """
    whole = faded(profile, factor)
    shift = shift_of(whole, now)
    if shift is None:
        return whole
    each = weight_of_stamp(whole.recent[0][0], now)
    scores = [score for _, score in whole.recent[: shift.scores]]
    last = (each * len(scores), each * sum(scores), each * sum(one * one for one in scores))
    before = _before(whole, *last)
    keep = REMEMBERED / before[0]
    weight, total, squares = (new + keep * old for new, old in zip(last, before, strict=True))
    return replace(whole, weight=weight, score_sum=total, score_sumsq=squares)


def _before(
    profile: Profile, weight: float, total: float, squares: float
) -> tuple[float, float, float]:
    """Return weight, sum and sum of squares of what precedes the last scores."""
    return profile.weight - weight, profile.score_sum - total, profile.score_sumsq - squares


def _shift(
    before: tuple[float, float, float], count: int, since: float, since_square: float
) -> Shift | None:
    weight, total, squares = before
    if weight < MIN_BEFORE:
        return None
    old = total / weight
    old_variance = max(squares / weight - old * old, MIN_SD**2)
    variance = max(since_square - since * since, old_variance)
    error = math.sqrt(variance / count + old_variance / weight)
    return Shift(old, since, count) if abs(since - old) > ALARM * error else None
