"""Which model takes a call: the best chance of an acceptable result for the money.

Invariant: a choice follows from the candidates, the preference and the draws passed in alone,
and says everything it was made from.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from routing.core.candidates import Candidate, Removal
from routing.core.chance import chance_of

# What one accepted result is worth, in nano-dollars, before its cost is taken off.
WORTH_NANOUSD = {"quality": 1_000_000_000, "balanced": 100_000_000, "cost": 10_000_000}
DEFAULT_THRESHOLD = 0.8
NEGLIGIBLE = 1e-6

_STANDARD = NormalDist()
# Midpoints of equally likely slices of a standard normal: 16 give the propensity to about 0.01.
_SLICES = tuple(_STANDARD.inv_cdf((slice_ + 0.5) / 16) for slice_ in range(16))
# One draw in a thousand is higher.
_LUCKIEST = 3.0
_SQRT2 = math.sqrt(2.0)


@dataclass(frozen=True, slots=True)
class _Terms:
    """Hold what all candidates of one choice are valued by; `threshold` None: by their score."""

    worth: float
    threshold: float | None
    unknown_cost: int

    def cost(self, candidate: Candidate) -> int:
        known = candidate.expected_cost_nanousd
        return self.unknown_cost if known is None else known

    def chance(self, quality: float, spread: float) -> float:
        """Return how good the result is expected to be, in accepted results."""
        return quality if self.threshold is None else chance_of(quality, spread, self.threshold)


@dataclass(frozen=True, slots=True)
class Scored:
    """Hold a candidate with its draw and what the draw makes of it."""

    candidate: Candidate
    draw: float
    sampled_quality: float
    chance: float
    value_nanousd: float


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold the chosen model, the fallbacks in order, and all that led there.

    `propensity` is the probability, before the draw, that this model would be chosen.
    """

    model: str
    fallbacks: tuple[str, ...]
    propensity: float
    preference: str
    threshold: float | None
    scored: tuple[Scored, ...]
    removed: tuple[Removal, ...] = ()
    worth_nanousd: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the choice as plain data, best candidate first."""
        return {
            "model": self.model,
            "fallbacks": list(self.fallbacks),
            "propensity": round(self.propensity, 4),
            "preference": self.preference,
            "worth_nanousd": round(self.worth_nanousd),
            "threshold": self.threshold,
            "candidates": [_scored_json(scored) for scored in self.scored],
            "removed": [removal.as_json() for removal in self.removed],
        }


def choose(
    candidates: Sequence[Candidate],
    *,
    preference: str,
    draws: Mapping[str, float],
    threshold: float | None = DEFAULT_THRESHOLD,
    removed: Sequence[Removal] = (),
    worth_nanousd: float | None = None,
) -> Choice:
    """Return the candidate with the best value, and the others in the order to fall back on.

    The value is the chance that the result reaches the threshold, times what an accepted
    result is worth to the preference (quality, balanced or cost), less the expected cost.
    `threshold` None: the score itself counts, in place of that chance. `worth_nanousd` None:
    the preference's. `draws` holds a standard normal per model for Thompson sampling: a model's
    quality is taken to be its mean plus the draw times its reach. No draw: 0, the mean. An
    unknown cost counts as the dearest known one.

    Raises: ValueError without any candidate.
    Source: Thompson sampling, Chapelle and Li, NIPS 2011.
    """
    if not candidates:
        raise ValueError("there is no candidate to choose from")
    known = [one.expected_cost_nanousd or 0 for one in candidates]
    worth = WORTH_NANOUSD[preference] if worth_nanousd is None else worth_nanousd
    terms = _Terms(worth, threshold, unknown_cost=max(known))
    scored = sorted(
        (_score(candidate, draws.get(candidate.model, 0.0), terms) for candidate in candidates),
        key=lambda one: (-one.value_nanousd, one.candidate.model),
    )
    best = scored[0].candidate
    rest = sorted(scored[1:], key=lambda one: one.candidate.provider == best.provider)
    return Choice(
        model=best.model,
        fallbacks=tuple(one.candidate.model for one in rest),
        propensity=_propensity(best, [one.candidate for one in rest], terms),
        preference=preference,
        threshold=threshold,
        scored=tuple(scored),
        removed=tuple(removed),
        worth_nanousd=worth,
    )


def _score(candidate: Candidate, draw: float, terms: _Terms) -> Scored:
    estimate = candidate.estimate
    quality = estimate.mean + draw * estimate.draw_sd
    chance = terms.chance(quality, estimate.spread)
    return Scored(candidate, draw, quality, chance, terms.worth * chance - terms.cost(candidate))


def _propensity(chosen: Candidate, others: Sequence[Candidate], terms: _Terms) -> float:
    """Return the probability that the chosen one's value exceeds all others', over all draws.

    The average over slices of the chosen one's draw is the integral.
    """
    wins = [1.0] * len(_SLICES)
    values = [_value(chosen, draw, terms) for draw in _SLICES]
    for other in others:
        # Above what the luckiest rival is worth, there is nothing to lose.
        contested = bisect_right(values, _value(other, _LUCKIEST, terms))
        if not contested:
            continue
        rivals = [_value(other, draw, terms) for draw in _SLICES]
        for place in range(contested):
            wins[place] *= _chance_below(values[place], rivals)
        if max(wins) < NEGLIGIBLE:
            break
    return sum(wins) / len(wins)


def _value(candidate: Candidate, draw: float, terms: _Terms) -> float:
    """Return what the candidate is worth at a draw, and never less at a higher one."""
    estimate = candidate.estimate
    chance = terms.chance(estimate.mean + draw * estimate.draw_sd, estimate.spread)
    return terms.worth * chance - terms.cost(candidate)


def _chance_below(value: float, rivals: Sequence[float]) -> float:
    """Return the probability that a rival with these values at the slices stays below `value`."""
    place = min(max(bisect_left(rivals, value), 1), len(rivals) - 1)
    low, high = rivals[place - 1], rivals[place]
    if high <= low:  # certain of its chance, whatever the draw
        return 1.0 if value > high else 0.0
    left, right = _SLICES[place - 1], _SLICES[place]
    draw = left + (right - left) * (value - low) / (high - low)
    return 0.5 * math.erfc(-draw / _SQRT2)


def _scored_json(scored: Scored) -> dict[str, Any]:
    candidate, estimate = scored.candidate, scored.candidate.estimate
    return {
        "model": candidate.model,
        "provider": candidate.provider,
        "mean": round(estimate.mean, 4),
        "sd": round(estimate.sd, 4),
        "spread": round(estimate.spread, 4),
        "reach": round(estimate.draw_sd, 4),
        "n": estimate.n,
        "draw": round(scored.draw, 4),
        "sampled_quality": round(scored.sampled_quality, 4),
        "chance": round(scored.chance, 4),
        "value_nanousd": round(scored.value_nanousd),
        "expected_cost_nanousd": candidate.expected_cost_nanousd,
        "upper_bound_nanousd": candidate.upper_bound_nanousd,
        "latency_ms": candidate.latency_ms,
        "probe": candidate.probe,
    }
