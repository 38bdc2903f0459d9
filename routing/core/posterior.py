"""What many small samples say together: a model's skill, a task type's difficulty, and the rest.

A score is taken to be the belief it started from, plus how far its model lies from that at every
task type, plus how far its task type lies from that for every model, plus how far this model lies
from both at this task type. Each part is shrunk to nothing in proportion to how little was seen.

Invariant: for given noise and scales more evidence narrows every interval, or leaves it.
Source: crossed random effects, Gelman and Hill, Data Analysis Using Regression and Multilevel
Models, chapter 13; fitted by coordinate ascent, each conditional normal being exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Key = tuple[str, str]  # model, task type

# How far single scores lie from their mean before any was seen, and what that guess is worth.
NOISE_SD = 0.3
NOISE_WEIGHT = 4.0
NOISE_WEIGHT_A_TYPE = 10.0
MIN_NOISE_SD = 0.03
# What the guess of the scale of a cell is worth, in cells.
SCALE_WEIGHT = 30.0
SWEEPS = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """Hold what was seen of one model at one task type: how much, mean and sum of squared errors.

    `weight` counts scores, faded ones for less than one.
    """

    weight: float
    mean: float
    squares: float = 0.0


@dataclass(frozen=True, slots=True)
class Scales:
    """Hold how far models, task types and single cells lie from the level above, as variances."""

    model: float
    task_type: float
    cell: float


@dataclass(slots=True)
class _Effect:
    """A shared part: what it was before any evidence, and its weighted evidence."""

    prior_precision: float
    precision: float = 0.0
    value: float = 0.0
    sum: float = 0.0


@dataclass(frozen=True, slots=True)
class _Seen:
    """A cell with what is taken for granted while effects are fitted."""

    key: Key
    distance: float  # of its mean from the first guess
    noise: float  # variance of its mean
    weight: float  # precision of `distance` as evidence for the shared parts


@dataclass(frozen=True)
class Joint:
    """Hold what all cells say of models and task types."""

    scales: Scales
    seen: Mapping[Key, _Seen]
    models: Mapping[str, _Effect]
    types: Mapping[str, _Effect]

    def shared(self, key: Key) -> float:
        """Return how far the model and the task type together lie from the first guess."""
        model, kind = self.models.get(key[0]), self.types.get(key[1])
        return (model.value if model else 0.0) + (kind.value if kind else 0.0)

    def model_variance(self, key: Key) -> float:
        """Return how uncertain the model's part is, without what this cell told of it."""
        return self._variance(self.models.get(key[0]), self.scales.model, key)

    def type_variance(self, key: Key) -> float:
        """Return how uncertain the task type's part is, without what this cell told of it."""
        return self._variance(self.types.get(key[1]), self.scales.task_type, key)

    def _variance(self, effect: _Effect | None, before: float, key: Key) -> float:
        if effect is None:
            return before
        seen = self.seen.get(key)
        told = seen.weight if seen else 0.0
        return 1.0 / (effect.prior_precision + effect.precision - told)


def fit(
    guesses: Mapping[str, float],
    cells: Mapping[Key, Cell],
    scales: Scales,
    noise: Mapping[str, float],
) -> Joint:
    """Return what the cells say of the parts they share.

    `guesses` by model are where scores are expected before any; `noise` holds the variance of
    single scores by task type.
    """
    seen = {}
    for key, cell in cells.items():
        own_noise = noise[key[1]] / cell.weight
        distance = cell.mean - guesses[key[0]]
        seen[key] = _Seen(key, distance, own_noise, 1.0 / (scales.cell + own_noise))
    models = {name: _Effect(1.0 / scales.model) for name in {key[0] for key in seen}}
    types = {name: _Effect(1.0 / scales.task_type) for name in {key[1] for key in seen}}
    _ascend(seen.values(), models, types)
    return Joint(scales, seen, models, types)


def noise_of(cells: Mapping[Key, Cell]) -> tuple[dict[str, float], float]:
    """Return the variance of single scores around their cell's mean, by task type and in all.

    Each type's is shrunk to that of all, that of all to what is guessed without evidence.
    """
    squares: dict[str, float] = {}
    freedom: dict[str, float] = {}
    for (_, kind), cell in cells.items():
        squares[kind] = squares.get(kind, 0.0) + cell.squares
        freedom[kind] = freedom.get(kind, 0.0) + max(cell.weight - 1.0, 0.0)
    total = NOISE_WEIGHT * NOISE_SD**2 + sum(squares.values())
    overall = max(total / (NOISE_WEIGHT + sum(freedom.values())), MIN_NOISE_SD**2)
    weight = NOISE_WEIGHT_A_TYPE
    return {
        kind: max((squares[kind] + weight * overall) / (freedom[kind] + weight), MIN_NOISE_SD**2)
        for kind in squares
    }, overall


def cell_scale_of(joint: Joint) -> float:
    """Return how far cells lie from what their model and type say, as a variance.

    One step of expectation maximisation from the scale so far, which counts as some cells.
    """
    scale = joint.scales.cell
    total = SCALE_WEIGHT * scale
    for key, seen in joint.seen.items():
        share = scale / (scale + seen.noise)
        rest = seen.distance - joint.shared(key)
        total += (share * rest) ** 2 + scale * (1.0 - share)
    return total / (SCALE_WEIGHT + len(joint.seen))


def _ascend(
    seen: Iterable[_Seen], models: Mapping[str, _Effect], types: Mapping[str, _Effect]
) -> None:
    """Fit the shared parts in turn, each given the other."""
    rows = []
    for one in seen:
        model, kind = models[one.key[0]], types[one.key[1]]
        model.precision += one.weight
        kind.precision += one.weight
        rows.append((model, kind, one.weight, one.distance))
    for _ in range(SWEEPS):
        for effects, turn in ((types, 1), (models, 0)):
            for effect in effects.values():
                effect.sum = 0.0
            if turn:
                for model, kind, weight, distance in rows:
                    kind.sum += weight * (distance - model.value)
            else:
                for model, kind, weight, distance in rows:
                    model.sum += weight * (distance - kind.value)
            for effect in effects.values():
                effect.value = effect.sum / (effect.prior_precision + effect.precision)


def sd_of(variance: float) -> float:
    """Return the standard deviation, never quite nothing."""
    return max(math.sqrt(variance), 1e-4)
