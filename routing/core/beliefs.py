"""What is believed of every model at every task type by one team: quality, cost and latency.

Three levels of evidence, everybody's, the organisation's and the team's, each starting from the
one above it.

Invariant: a team without evidence believes what its organisation does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from routing.core.levels import Evidence, cells_of, settled_levels
from routing.core.posterior import (
    NOISE_SD,
    NOISE_WEIGHT_A_TYPE,
    Cell,
    Joint,
    Key,
    Scales,
    cell_scale_of,
    fit,
    noise_of,
    sd_of,
)
from routing.core.quality import Estimate
from routing.core.spending import NOTHING_SPENT, Spent, spent_of

# What is believed of a model of which nothing is known but its tier.
PRIOR_MEAN = {"economy": 0.65, "standard": 0.75, "premium": 0.82}
UNKNOWN_TIER_MEAN = 0.75
# How far models, task types and cells lie from those guesses, as variances.
SCALES = Scales(model=0.3**2, task_type=0.2**2, cell=0.2**2)
# How far a cell of an organisation lies from everybody's, and a team's from its organisation's.
LEVEL_STEP = 0.04**2
# A draw moves a belief by this share of its width: the first where little was seen at the task
# type, falling to the second, halfway after so many scores. Whole widths, as in textbook Thompson
# sampling, pay more for finding out than they ever get back when there are many models and task
# types; small ones from the start lock a wrong model in. See docs/learning.md.
REACH_FIRST, REACH_LAST, REACH_HALF = 0.6, 0.15, 150.0
MIN_MEAN, MAX_MEAN = 0.001, 0.999
SCALE_STEPS = 2


@dataclass(frozen=True, slots=True)
class Hyper:
    """Hold what is learned of evidence as such: noise by task type, in all, and cells' scale."""

    noise: Mapping[str, float] = field(default_factory=dict)
    default_noise: float = NOISE_SD**2
    cell_scale: float = SCALES.cell

    def noise_at(self, task_type: str) -> float:
        """Return the variance of single scores at a task type."""
        return self.noise.get(task_type, self.default_noise)


@dataclass(frozen=True)
class Beliefs:
    """Hold one team's beliefs; estimates are made when first asked for and kept.

    `totals` are n, weight and squared errors over all levels.
    """

    guesses: Mapping[str, float]
    joint: Joint
    hyper: Hyper
    levels: tuple[Mapping[Key, Cell], ...] = ()  # widest first, each without those below it
    totals: Mapping[Key, tuple[int, float, float]] = field(default_factory=dict)
    seen_of_type: Mapping[str, float] = field(default_factory=dict)  # weight, widest level
    spent: Spent = NOTHING_SPENT
    _made: dict[Key, Estimate] = field(default_factory=dict)

    def estimate(self, key: Key) -> Estimate:
        """Return what is believed of a model's quality at a task type."""
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._estimate(key)
        return made

    def _estimate(self, key: Key) -> Estimate:
        noise = self.hyper.noise_at(key[1])
        n, weight, squares = self.totals.get(key, (0, 0.0, 0.0))
        spread = (squares + NOISE_WEIGHT_A_TYPE * noise) / (weight + NOISE_WEIGHT_A_TYPE)
        mean, own, whole = self._descend(key, noise)
        return Estimate(
            mean=min(max(mean, MIN_MEAN), MAX_MEAN),
            sd=sd_of(whole),
            n=n,
            spread=sd_of(spread),
            reach=self._reach(key[1]) * sd_of(own),
        )

    def _descend(self, key: Key, noise: float) -> tuple[float, float, float]:
        """Return the mean, and its variance without and with what all models share.

        From what the model and the task type say, down the levels of this cell's own evidence.
        """
        mean = self.guesses.get(key[0], UNKNOWN_TIER_MEAN) + self.joint.shared(key)
        cell = self.joint.scales.cell
        own = cell + self.joint.model_variance(key)
        whole = own + self.joint.type_variance(key)
        for place, level in enumerate(self.levels):
            if place:
                cell, own, whole = cell + LEVEL_STEP, own + LEVEL_STEP, whole + LEVEL_STEP
            seen = level.get(key)
            if seen is not None:
                error = noise / seen.weight
                mean += cell / (cell + error) * (seen.mean - mean)
                cell, own, whole = (one * error / (one + error) for one in (cell, own, whole))
        return mean, own, whole

    def _reach(self, task_type: str) -> float:
        falling = REACH_HALF / (REACH_HALF + self.seen_of_type.get(task_type, 0.0))
        return REACH_LAST + (REACH_FIRST - REACH_LAST) * falling


def believe(
    evidence: Evidence, tiers: Mapping[str, str], now: datetime, hyper: Hyper | None = None
) -> Beliefs:
    """Return what a team believes. `tiers` by model; `hyper` None: learned from the evidence."""
    levels, widest = settled_levels(evidence, now)
    cells = cells_of(widest)
    guesses = dict.fromkeys((key[0] for key in cells), UNKNOWN_TIER_MEAN)
    guesses |= {name: PRIOR_MEAN[tier] for name, tier in tiers.items()}
    known = hyper or hyper_of(guesses, cells)
    return Beliefs(
        guesses,
        _joint(guesses, cells, known),
        known,
        tuple(cells_of(profiles) for profiles in levels),
        {key: (widest[key].n, cell.weight, cell.squares) for key, cell in cells.items()},
        _weights_by_type(cells),
        spent_of(levels, widest),
    )


def hyper_of(guesses: Mapping[str, float], cells: Mapping[Key, Cell]) -> Hyper:
    """Return how noisy scores are and how far cells lie apart, learned from all of them."""
    known = Hyper(*noise_of(cells))
    for _ in range(SCALE_STEPS if cells else 0):
        known = replace(known, cell_scale=cell_scale_of(_joint(guesses, cells, known)))
    return known


def _joint(guesses: Mapping[str, float], cells: Mapping[Key, Cell], hyper: Hyper) -> Joint:
    scales = Scales(SCALES.model, SCALES.task_type, hyper.cell_scale)
    return fit(guesses, cells, scales, {key[1]: hyper.noise_at(key[1]) for key in cells})


def _weights_by_type(cells: Mapping[Key, Cell]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for (_, task_type), cell in cells.items():
        weights[task_type] = weights.get(task_type, 0.0) + cell.weight
    return weights


NOTHING_BELIEVED = believe(Evidence(), {}, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
