"""Simple ways to choose from recorded outcomes, each beside which the product's own must stand.

All learn per category alone and see, like the product, only what the chosen model did.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from routing.core.frontier import Point
from routing.core.outcomes import Outcomes

EPSILON = 0.05
# Where a category has seen nothing of a model: its score, and what that guess weighs.
GUESS, GUESS_WEIGHT = 0.75, 1.0
SCORE_SD = 0.3


@dataclass(slots=True)
class Arm:
    """Hold what one category saw of one model."""

    pulls: int = 0
    score: float = 0.0
    cost: float = 0.0

    @property
    def mean(self) -> float:
        return (GUESS * GUESS_WEIGHT + self.score) / (GUESS_WEIGHT + self.pulls)

    @property
    def sd(self) -> float:
        return SCORE_SD / math.sqrt(GUESS_WEIGHT + self.pulls)


@dataclass
class Chance:
    """Hold where a rival's randomness comes from: uniform in [0, 1), standard normal."""

    uniform: Callable[[], float]
    normal: Callable[[], float]


Index = Callable[[Arm, int, Chance], float]  # an arm's score as the rival sees it


def greedy(arm: Arm, pulls: int, chance: Chance) -> float:
    """Return the mean: for epsilon-greedy, which explores otherwise."""
    return arm.mean


def thompson(arm: Arm, pulls: int, chance: Chance) -> float:
    """Return a draw from the arm's own posterior: flat Thompson sampling."""
    return arm.mean + chance.normal() * arm.sd


def ucb1(arm: Arm, pulls: int, chance: Chance) -> float:
    """Return the upper confidence bound. Source: Auer et al., Machine Learning 47, 2002."""
    if not arm.pulls:
        return math.inf
    return arm.score / arm.pulls + math.sqrt(2.0 * math.log(pulls) / arm.pulls)


RIVALS: dict[str, tuple[Index, float]] = {
    "epsilon-greedy": (greedy, EPSILON),
    "flat Thompson per category": (thompson, 0.0),
    "UCB1 per category": (ucb1, 0.0),
}


@dataclass
class Rival:
    """Learns one stream at one exchange rate: score given up for `rate` times a mean call."""

    models: int
    index: Index
    explore: float
    per_cost: float
    chance: Chance
    arms: dict[str, list[Arm]] = field(default_factory=dict)
    totals: list[Arm] = field(default_factory=list)

    def play(self, outcomes: Outcomes, order: Sequence[int]) -> Point:
        """Return mean cost and score of the choices, prompts coming in this order."""
        self.totals = [Arm() for _ in range(self.models)]
        cost = score = 0.0
        for place in order:
            prompt = outcomes.prompts[place]
            arms = self.arms.setdefault(prompt.category, [Arm() for _ in range(self.models)])
            chosen = self._choose(arms)
            for arm in (arms[chosen], self.totals[chosen]):
                arm.pulls += 1
                arm.score += prompt.scores[chosen]
                arm.cost += prompt.costs[chosen]
            cost += prompt.costs[chosen]
            score += prompt.scores[chosen]
        return cost / len(order), score / len(order)

    def _choose(self, arms: Sequence[Arm]) -> int:
        if self.explore and self.chance.uniform() < self.explore:
            return int(self.chance.uniform() * self.models)
        pulls = sum(arm.pulls for arm in arms)
        values = [
            self.index(arm, pulls, self.chance) - self.per_cost * self._cost(arm, total)
            for arm, total in zip(arms, self.totals, strict=True)
        ]
        return values.index(max(values))

    @staticmethod
    def _cost(arm: Arm, total: Arm) -> float:
        """Return the arm's mean cost, else the model's, else nothing."""
        seen = arm if arm.pulls else total
        return seen.cost / seen.pulls if seen.pulls else 0.0
