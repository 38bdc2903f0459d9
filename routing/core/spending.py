"""What calls of a model at a task type take, money and time, from all levels of evidence.

Invariant: without any call the price list's guess is what a call is expected to cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from routing.core.posterior import Key
from routing.core.quality import Profile

# Calls that outweigh the guess from the price list, and that a level above counts for at most.
COST_WEIGHT = 4.0


@dataclass(frozen=True, slots=True)
class Spending:
    """Hold the mean of a call's cost, input tokens and latency, and how many calls it is over."""

    calls: float
    cost_nanousd: float
    input_tokens: float
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Spent:
    """Hold what calls took at each level, widest first, and of each model at all task types."""

    levels: tuple[Mapping[Key, Spending], ...] = ()
    by_model: Mapping[str, Spending] = field(default_factory=dict)

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
        for level in self.levels:
            seen = level.get(key)
            if seen is not None and value is not None:
                value = _pooled(value, _moved(seen, input_tokens, token_nanousd), seen.calls)
        return value

    def mean(self, key: Key) -> Spending | None:
        """Return what calls took of all that is known together; None where none was seen."""
        seen = [level[key] for level in self.levels if key in level]
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
        for level in self.levels:
            if (seen := level.get(key)) is not None:
                value = _pooled(value, seen.latency_ms, seen.calls)
        return value


def spent_of(levels: Sequence[Mapping[Key, Profile]], widest: Mapping[Key, Profile]) -> Spent:
    """Return what the calls in these profiles took; `widest` holds all of them."""
    return Spent(tuple(_spending(profiles) for profiles in levels), _by_model(widest))


def _spending(profiles: Mapping[Key, Profile]) -> dict[Key, Spending]:
    return {key: _mean([one]) for key, one in profiles.items() if one.call_weight > 0.0}


def _by_model(profiles: Mapping[Key, Profile]) -> dict[str, Spending]:
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


NOTHING_SPENT = Spent()
