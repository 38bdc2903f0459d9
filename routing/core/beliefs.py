"""What is believed of every model at every task type by one team: quality, cost and latency.

Three levels of evidence, everybody's, the organisation's and the team's, each starting from the
one above it. A level's evidence leaves out what the level below it saw, so nothing counts twice.

Invariant: a team without evidence believes what its organisation does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from routing.core.drift import settled
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
from routing.core.quality import NOTHING_SEEN, Estimate, Profile, fading, without

Profiles = Mapping[Key, Profile]

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
REACH_FIRST, REACH_LAST, REACH_HALF = 0.7, 0.2, 100.0
# Calls that outweigh the guess from the price list, and that a level above counts for at most.
COST_WEIGHT = 4.0
MIN_MEAN, MAX_MEAN = 0.001, 0.999
SCALE_STEPS = 2


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold profiles by model and task type; each level contains those below it.

    `everybody` is empty for an organisation that does not share.
    """

    everybody: Profiles = field(default_factory=dict)
    org: Profiles = field(default_factory=dict)
    team: Profiles = field(default_factory=dict)

    @property
    def widest(self) -> Profiles:
        """Return the widest level that has anything."""
        return self.everybody or self.org or self.team


@dataclass(frozen=True, slots=True)
class Hyper:
    """Hold what is learned of evidence as such: noise by task type, in all, and cells' scale."""

    noise: Mapping[str, float] = field(default_factory=dict)
    default_noise: float = NOISE_SD**2
    cell_scale: float = SCALES.cell

    def noise_at(self, task_type: str) -> float:
        """Return the variance of single scores at a task type."""
        return self.noise.get(task_type, self.default_noise)


@dataclass(frozen=True, slots=True)
class Spending:
    """Hold the mean of a call's cost, input tokens and latency, and how many calls it is over."""

    calls: float
    cost_nanousd: float
    input_tokens: float
    latency_ms: float


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
    spending: tuple[Mapping[Key, Spending], ...] = ()  # widest level first
    by_model: Mapping[str, Spending] = field(default_factory=dict)
    _made: dict[Key, Estimate] = field(default_factory=dict)

    def estimate(self, key: Key) -> Estimate:
        """Return what is believed of a model's quality at a task type."""
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._estimate(key)
        return made

    def expected_cost(
        self, key: Key, guess_nanousd: float | None, input_tokens: int, token_nanousd: float = 0.0
    ) -> float | None:
        """Return what a call is expected to cost, None if neither a price nor a call is known.

        `guess_nanousd` is the price list's guess for this request; `token_nanousd` the price of
        an input token, by which calls of other lengths are made comparable.
        """
        of_model = self.by_model.get(key[0])
        value = guess_nanousd
        if of_model is not None:
            there = _moved(of_model, input_tokens, token_nanousd)
            value = there if value is None else _pooled(value, there, min(of_model.calls, 1.0))
        for level in self.spending:
            seen = level.get(key)
            if seen is not None and value is not None:
                value = _pooled(value, _moved(seen, input_tokens, token_nanousd), seen.calls)
        return value

    def spending_of(self, key: Key) -> Spending | None:
        """Return what calls took of all that is known together; None where none was seen."""
        seen = [level[key] for level in self.spending if key in level]
        calls = sum(one.calls for one in seen)
        if not calls:
            return None
        return Spending(
            calls,
            sum(one.calls * one.cost_nanousd for one in seen) / calls,
            sum(one.calls * one.input_tokens for one in seen) / calls,
            sum(one.calls * one.latency_ms for one in seen) / calls,
        )

    def latency_ms(self, key: Key) -> float | None:
        """Return the latency expected of a call; None where none of the model was seen."""
        of_model = self.by_model.get(key[0])
        if of_model is None:
            return None
        value = of_model.latency_ms
        for level in self.spending:
            if (seen := level.get(key)) is not None:
                value = _pooled(value, seen.latency_ms, seen.calls)
        return value

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
    levels, widest = _settled(evidence, now)
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
        tuple(_spending(profiles) for profiles in levels),
        _by_model(widest),
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


def _settled(evidence: Evidence, now: datetime) -> tuple[list[Profiles], Profiles]:
    """Return each level apart, and the widest whole, as of now and after any change."""
    factor = fading(now)
    levels: list[Profiles] = [
        {key: settled(one, now, factor) for key, one in level.items()} for level in _apart(evidence)
    ]
    told = [level for level in levels if level]
    if len(told) == 1:
        return levels, told[0]
    return levels, {key: settled(one, now, factor) for key, one in evidence.widest.items()}


def cells_of(profiles: Profiles) -> dict[Key, Cell]:
    """Return the scores of faded profiles as cells; profiles without a score are left out."""
    cells = {}
    for key, one in profiles.items():
        if one.weight > 0.0:
            mean = one.score_sum / one.weight
            squares = max(0.0, one.score_sumsq - one.weight * mean * mean)
            cells[key] = Cell(one.weight, mean, squares)
    return cells


def _apart(evidence: Evidence) -> tuple[Profiles, Profiles, Profiles]:
    """Return each level without the level below it."""
    return (
        _without(evidence.everybody, evidence.org) if evidence.everybody else {},
        _without(evidence.org, evidence.team),
        evidence.team,
    )


def _without(whole: Profiles, part: Profiles) -> Profiles:
    rest = {key: without(one, part.get(key, NOTHING_SEEN)) for key, one in whole.items()}
    return {key: one for key, one in rest.items() if one.n}


def _weights_by_type(cells: Mapping[Key, Cell]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for (_, task_type), cell in cells.items():
        weights[task_type] = weights.get(task_type, 0.0) + cell.weight
    return weights


def _spending(profiles: Profiles) -> dict[Key, Spending]:
    return {key: _mean([one]) for key, one in profiles.items() if one.call_weight > 0.0}


def _by_model(profiles: Profiles) -> dict[str, Spending]:
    called: dict[str, list[Profile]] = {}
    for key, one in profiles.items():
        if one.call_weight > 0.0:
            called.setdefault(key[0], []).append(one)
    return {model: _mean(ones) for model, ones in called.items()}


def _mean(profiles: Iterable[Profile]) -> Spending:
    calls = cost = tokens = latency = 0.0
    for one in profiles:
        calls += one.call_weight
        cost += one.cost_sum_nanousd
        tokens += one.token_sum
        latency += one.latency_sum_ms
    return Spending(calls, cost / calls, tokens / calls, latency / calls)


def _moved(seen: Spending, input_tokens: int, token_nanousd: float) -> float:
    """Return the mean cost as it would be for so many input tokens; at least a tenth of it."""
    moved = seen.cost_nanousd + token_nanousd * (input_tokens - seen.input_tokens)
    return max(moved, 0.1 * seen.cost_nanousd)


def _pooled(value: float, seen: float, weight: float) -> float:
    return (COST_WEIGHT * value + weight * seen) / (COST_WEIGHT + weight)


NOTHING_BELIEVED = believe(Evidence(), {}, datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
