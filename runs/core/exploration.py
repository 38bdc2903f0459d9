"""What finding out costs: choices that were drawn, beside what would have been chosen for sure.

Invariant: a choice that follows the means costs nothing more, and counts among those looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from routing.core.chance import chance_of
from routing.core.posterior import NOISE_SD
from runs.core.heat import FEW

_Z95: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Step:
    """One choice: the model it fell on, the one the means alone speak for, and the difference.

    `extra_nanousd` is what the choice was expected to cost more; negative: less.
    """

    chosen: str
    greedy: str
    extra_nanousd: float

    @property
    def explored(self) -> bool:
        return self.chosen != self.greedy


@dataclass(frozen=True, slots=True)
class Exploration:
    """What `n` choices came to; `low` and `high` hold the mean with 95 %, None for few choices.

    Money is nano-dollars: `total` over all choices, the others a choice.
    """

    n: int
    explored: int
    total_nanousd: float
    mean_nanousd: float
    low_nanousd: float | None
    high_nanousd: float | None

    @property
    def share(self) -> float:
        return self.explored / self.n


def step_of(choice: Mapping[str, Any]) -> Step | None:
    """Return what a recorded choice says; None: it was steered, or does not say enough."""
    candidates: Sequence[Mapping[str, Any]] = choice.get("candidates") or ()
    if not candidates or choice.get("model") != candidates[0]["model"]:
        return None
    worth, threshold = choice.get("worth_nanousd"), choice.get("threshold")
    known = [one["expected_cost_nanousd"] for one in candidates
             if one["expected_cost_nanousd"] is not None]  # fmt: skip
    if not worth or not known:
        return None

    def cost(one: Mapping[str, Any]) -> float:
        found = one["expected_cost_nanousd"]
        return float(max(known) if found is None else found)

    def value(one: Mapping[str, Any]) -> float:
        mean = one["mean"]
        spread = one.get("spread", NOISE_SD)
        chance = mean if threshold is None else chance_of(mean, spread, threshold)
        return float(worth * chance - cost(one))

    greedy = min(candidates, key=lambda one: (-value(one), one["model"]))
    chosen = candidates[0]
    return Step(chosen["model"], greedy["model"], cost(chosen) - cost(greedy))


def exploration(steps: Iterable[Step]) -> Exploration | None:
    """Return what choices came to together; None: there is none."""
    extra = [(one.explored, one.extra_nanousd) for one in steps]
    n = len(extra)
    if not n:
        return None
    total = sum(cost for _, cost in extra)
    mean = total / n
    low = high = None
    if n >= FEW:
        spread = math.sqrt(sum((cost - mean) ** 2 for _, cost in extra) / (n - 1))
        half = _Z95 * spread / math.sqrt(n)
        low, high = mean - half, mean + half
    return Exploration(n, sum(explored for explored, _ in extra), total, mean, low, high)
