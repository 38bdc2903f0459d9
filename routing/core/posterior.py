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
from dataclasses import dataclass, field
from typing import Protocol

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


class Prior(Protocol):
    """A level to start from: another `Level`, or what is believed before anything was seen."""

    def mean(self, key: Key) -> float: ...
    def model_variance(self, model: str) -> float: ...
    def type_variance(self, task_type: str) -> float: ...
    def cell_variance(self, key: Key) -> float: ...


@dataclass(frozen=True, slots=True)
class Guess:
    """Believe the same of every task type, by model: where every chain of levels begins."""

    means: Mapping[str, float]
    otherwise: float

    def mean(self, key: Key) -> float:
        return self.means.get(key[0], self.otherwise)

    def model_variance(self, model: str) -> float:
        return 0.0

    def type_variance(self, task_type: str) -> float:
        return 0.0

    def cell_variance(self, key: Key) -> float:
        return 0.0


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
    distance: float  # of its mean from the level above
    noise: float  # variance of its mean
    variance: float  # of the cell's own part, before its evidence
    weight: float  # precision of `distance` as evidence for the shared parts


@dataclass(frozen=True)
class Level:
    """Hold what is believed at one level (everybody, an organisation, a team) of every cell."""

    prior: Prior
    scales: Scales
    noise: Mapping[str, float]
    seen: Mapping[Key, _Seen]
    models: Mapping[str, _Effect]
    types: Mapping[str, _Effect]
    default_noise: float = field(default=NOISE_SD**2)

    def mean(self, key: Key) -> float:
        """Return the mean believed; it may lie outside [0, 1]."""
        model, kind = self.models.get(key[0]), self.types.get(key[1])
        shared = (model.value if model else 0.0) + (kind.value if kind else 0.0)
        seen = self.seen.get(key)
        if seen is None:
            return self.prior.mean(key) + shared
        share = seen.variance / (seen.variance + seen.noise)
        return self.prior.mean(key) + shared + share * (seen.distance - shared)

    def model_variance(self, model: str) -> float:
        """Return how uncertain the model's part is, which all its task types share."""
        return _variance(self.models.get(model), self._model_before(model))

    def type_variance(self, task_type: str) -> float:
        """Return how uncertain the task type's part is, which all models share."""
        return _variance(self.types.get(task_type), self._type_before(task_type))

    def cell_variance(self, key: Key) -> float:
        """Return how uncertain the cell's own part is."""
        seen = self.seen.get(key)
        if seen is None:
            return self.prior.cell_variance(key) + self.scales.cell
        return seen.variance * seen.noise / (seen.variance + seen.noise)

    def variance(self, key: Key, *, shared: bool = True) -> float:
        """Return how uncertain the mean is; `shared` False: leaving out what all models share.

        The model's and the type's parts enter without what this cell told of them, so that its
        own evidence is counted once.
        """
        seen = self.seen.get(key)
        told = seen.weight if seen else 0.0
        before = self._model_without(key[0], told)
        if shared:
            before += self._type_without(key[1], told)
        if seen is None:
            return before + self.prior.cell_variance(key) + self.scales.cell
        before += seen.variance
        return before * seen.noise / (before + seen.noise)

    def noise_at(self, task_type: str) -> float:
        """Return the variance of single scores at a task type."""
        return self.noise.get(task_type, self.default_noise)

    def _model_before(self, model: str) -> float:
        return self.prior.model_variance(model) + self.scales.model

    def _type_before(self, task_type: str) -> float:
        return self.prior.type_variance(task_type) + self.scales.task_type

    def _model_without(self, model: str, told: float) -> float:
        return _variance(self.models.get(model), self._model_before(model), told)

    def _type_without(self, task_type: str, told: float) -> float:
        return _variance(self.types.get(task_type), self._type_before(task_type), told)


def fit(
    prior: Prior,
    cells: Mapping[Key, Cell],
    scales: Scales,
    noise: Mapping[str, float],
    default_noise: float = NOISE_SD**2,
) -> Level:
    """Return what is believed when `cells` are seen at a level below `prior`.

    `noise` holds the variance of single scores by task type.
    """
    seen = {}
    for key, cell in cells.items():
        variance = prior.cell_variance(key) + scales.cell
        own_noise = noise.get(key[1], default_noise) / cell.weight
        distance = cell.mean - prior.mean(key)
        seen[key] = _Seen(key, distance, own_noise, variance, 1.0 / (variance + own_noise))
    models = {
        name: _Effect(1.0 / (prior.model_variance(name) + scales.model))
        for name in {key[0] for key in seen}
    }
    types = {
        name: _Effect(1.0 / (prior.type_variance(name) + scales.task_type))
        for name in {key[1] for key in seen}
    }
    _ascend(seen.values(), models, types)
    return Level(prior, scales, noise, seen, models, types, default_noise)


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


def cell_scale_of(level: Level) -> float:
    """Return how far cells lie from what their model and type say, as a variance.

    One step of expectation maximisation from the level's own scale, which counts as some cells.
    """
    total = SCALE_WEIGHT * level.scales.cell
    for key, seen in level.seen.items():
        shared = level.models[key[0]].value + level.types[key[1]].value
        share = seen.variance / (seen.variance + seen.noise)
        total += (share * (seen.distance - shared)) ** 2 + seen.variance * (1.0 - share)
    return total / (SCALE_WEIGHT + len(level.seen))


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


def _variance(effect: _Effect | None, before: float, told: float = 0.0) -> float:
    if effect is None:
        return before
    return 1.0 / (effect.prior_precision + effect.precision - told)


def sd_of(variance: float) -> float:
    """Return the standard deviation, never quite nothing."""
    return max(math.sqrt(variance), 1e-4)
