"""What an input token costs at each model, told from calls where no price list tells.

Invariant: only calls of one model at one kind of work are held against each other.
Source: least squares with a common slope within groups; updated by Welford's method.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from routing.core.posterior import Key

# Squared tokens that the evidence must outweigh: lengths that hardly differ tell no price.
RIDGE = 10_000.0


@dataclass(slots=True)
class _Group:
    """The calls of one model at one task type: how many, mean tokens and mean cost."""

    calls: int = 0
    tokens: float = 0.0
    cost: float = 0.0


@dataclass(slots=True)
class _Slope:
    """Sums of squared distances of tokens, and of tokens times cost, from their groups' means."""

    squares: float = RIDGE
    products: float = 0.0


@dataclass(slots=True)
class TokenPrices:
    """Learn what an input token costs, in nano-dollars, from calls of different lengths."""

    _groups: dict[Key, _Group] = field(default_factory=dict)
    _slopes: dict[str, _Slope] = field(default_factory=dict)

    def learn(self, key: Key, input_tokens: int, cost_nanousd: float) -> None:
        """Take in one call."""
        group = self._groups.setdefault(key, _Group())
        slope = self._slopes.setdefault(key[0], _Slope())
        group.calls += 1
        longer, dearer = input_tokens - group.tokens, cost_nanousd - group.cost
        group.tokens += longer / group.calls
        group.cost += dearer / group.calls
        slope.squares += longer * (input_tokens - group.tokens)
        slope.products += longer * (cost_nanousd - group.cost)

    def nanousd(self, model: str) -> float:
        """Return the price of an input token; 0 where longer calls were not dearer."""
        slope = self._slopes.get(model)
        return max(slope.products / slope.squares, 0.0) if slope else 0.0
