"""What is believed of a model's quality at one kind of task, from a prior and its scores.

Invariant: an estimate is never certain (sd > 0) and its mean lies strictly between 0 and 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# A starting belief per tier, worth PRIOR_WEIGHT scores; ten real scores outweigh it well.
PRIOR_MEAN = {"economy": 0.65, "standard": 0.75, "premium": 0.82}
PRIOR_WEIGHT = 4.0
# How far single scores of one model lie from its mean, before any was seen.
PRIOR_SPREAD = 0.15
MIN_SPREAD = 0.05
# Calls whose cost and latency are weighed against the mean of so many pretended ones.
COST_PRIOR_WEIGHT = 4.0


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold the sums over all that was observed of one model at one kind of task."""

    n: int = 0
    score_sum: float = 0.0
    score_sumsq: float = 0.0
    cost_sum_nanousd: int = 0
    latency_sum_ms: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Hold a belief: the mean score, how uncertain that mean is, and from how many scores.

    `spread` is how far single scores lie from the mean.
    """

    mean: float
    sd: float
    n: int
    spread: float


NOTHING_SEEN = Profile()


def observe(profile: Profile, score: float, cost_nanousd: int, latency_ms: int) -> Profile:
    """Return the profile after one more evaluated attempt; the score lies in [0, 1]."""
    return Profile(
        n=profile.n + 1,
        score_sum=profile.score_sum + score,
        score_sumsq=profile.score_sumsq + score * score,
        cost_sum_nanousd=profile.cost_sum_nanousd + cost_nanousd,
        latency_sum_ms=profile.latency_sum_ms + latency_ms,
    )


def merge(one: Profile, other: Profile) -> Profile:
    """Return the profile of both together."""
    return Profile(
        n=one.n + other.n,
        score_sum=one.score_sum + other.score_sum,
        score_sumsq=one.score_sumsq + other.score_sumsq,
        cost_sum_nanousd=one.cost_sum_nanousd + other.cost_sum_nanousd,
        latency_sum_ms=one.latency_sum_ms + other.latency_sum_ms,
    )


def estimate(tier: str, profile: Profile = NOTHING_SEEN) -> Estimate:
    """Return the belief that the tier's prior and the profile's scores lead to.

    Source: conjugate normal with unknown mean and variance (Gelman et al., Bayesian Data
    Analysis, 3rd edition, section 3.3); the spread is the posterior mean square.
    """
    weight = PRIOR_WEIGHT + profile.n
    prior_sum = PRIOR_WEIGHT * PRIOR_MEAN[tier]
    mean = (prior_sum + profile.score_sum) / weight
    prior_sumsq = PRIOR_WEIGHT * (PRIOR_SPREAD**2 + PRIOR_MEAN[tier] ** 2)
    variance = (prior_sumsq + profile.score_sumsq) / weight - mean * mean
    spread = max(math.sqrt(max(variance, 0.0)), MIN_SPREAD)
    return Estimate(mean, spread / math.sqrt(weight), profile.n, spread)


def expected_cost(list_cost_nanousd: int, profile: Profile = NOTHING_SEEN) -> int:
    """Return what a call is expected to cost: the list price's guess, moved by what calls cost."""
    total = COST_PRIOR_WEIGHT * list_cost_nanousd + profile.cost_sum_nanousd
    return round(total / (COST_PRIOR_WEIGHT + profile.n))


def mean_latency_ms(profile: Profile) -> float | None:
    """Return the mean latency observed; None where nothing was."""
    return profile.latency_sum_ms / profile.n if profile.n else None
