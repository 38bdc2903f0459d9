"""What tasks of a kind would cost with one base model tuned for them, and how sure that is.

Invariant: each uncertain quantity is moved to the ends of its own interval, one at a time, and the
distances are added in quadrature.
Source: JCGM 100:2008 (GUM), section 5.1, for uncorrelated quantities.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from runs.core.tuning.assumptions import Assumptions, BaseModel
from runs.core.tuning.facts import Facts
from runs.core.tuning.interval import Range

DAYS_A_MONTH: Final = 30.4375
TOKENS_A_PRICE: Final = 1_000_000
# 80 % of a normal lie within so many standard deviations.
Z80: Final = 1.281552


@dataclass(frozen=True, slots=True)
class Case:
    """One set of the uncertain quantities; volume is in tasks a month, cost a task's.

    `price` is a factor on the prices of the tuned model.
    """

    volume: float
    cost: float
    quality: float
    price: float = 1.0


@dataclass(frozen=True)
class Costing:
    """The arithmetic of one base model. Money is nano-dollars."""

    facts: Facts
    base: BaseModel
    assumptions: Assumptions

    @property
    def likely(self) -> Case:
        facts = self.facts
        volume = facts.tasks / facts.days * DAYS_A_MONTH * self.assumptions.volume_growth
        return Case(volume, facts.cost_nanousd, self.quality(self.learned(facts.examples)))

    def range(self, figure: Callable[[Case], float]) -> Range:
        """Return a figure with its interval."""
        value = figure(self.likely)
        below = above = 0.0
        for case, other in self._ends():
            low, high = sorted((figure(case), figure(other)))
            below += min(0.0, low - value) ** 2
            above += max(0.0, high - value) ** 2
        return Range(value, value - math.sqrt(below), value + math.sqrt(above))

    def training(self, examples: int) -> int:
        """Return what training on so many examples costs, once."""
        ours = self.assumptions
        tokens = examples * self.facts.example_tokens * ours.epochs
        learned = tokens * self.base.training_nanousd / TOKENS_A_PRICE
        return math.ceil(learned) + ours.labour_nanousd

    def present(self, case: Case) -> float:
        """Return what a task costs now."""
        return case.cost + self.facts.attempts * self.facts.check_nanousd

    def tuned(self, case: Case) -> float:
        """Return what a task would cost: calls at the tuned model's price, checked as now."""
        facts, base = self.facts, self.base
        call = facts.input_tokens * self.assumptions.prompt_share * base.input_nanousd
        call = (call + facts.output_tokens * base.output_nanousd) / TOKENS_A_PRICE * case.price
        return self._attempts(case.quality) * (call + facts.check_nanousd)

    def saving(self, case: Case) -> float:
        """Return what a month would save."""
        gain = case.volume * (self.present(case) - self.tuned(case))
        return gain - self.base.hosting_nanousd

    def learned(self, examples: int) -> float:
        """Return which share of the gap to its examples the model is expected to close."""
        return examples / (examples + self.assumptions.half_gap_examples)

    def quality(self, learned: float, shift: float = 0.0) -> float:
        """Return the quality after closing a share of the gap; it learns to imitate, no more.

        `shift` is by how much the base model is better than believed.
        """
        facts = self.facts
        base = min(max(facts.base_quality + shift, 0.0), 1.0)
        return min(max(base + learned * (facts.ceiling - base), 0.0), 1.0)

    def quality_before(self) -> Range:
        """Return the mean score now."""
        facts = self.facts
        half = Z80 * facts.quality_sd / math.sqrt(max(facts.scores, 1))
        return Range(facts.quality, max(0.0, facts.quality - half), min(1.0, facts.quality + half))

    def _ends(self) -> tuple[tuple[Case, Case], ...]:
        """Return for each uncertain quantity the cases with its low and its high end."""
        likely, facts = self.likely, self.facts
        count = Z80 / math.sqrt(facts.tasks)  # of a Poisson count, relative
        cost = Z80 * facts.cost_sd_nanousd / math.sqrt(facts.sampled)
        # Nobody knows beforehand how much of the gap closes: half of what is expected, or half
        # of what is left of it more; and the base model is not known exactly, either.
        learned = self.learned(facts.examples)
        low = self.quality(learned / 2, -Z80 * facts.base_sd)
        high = self.quality((1 + learned) / 2, Z80 * facts.base_sd)
        return (
            (replace(likely, volume=likely.volume * max(0.0, 1 - count)),
             replace(likely, volume=likely.volume * (1 + count))),
            (replace(likely, cost=max(0.0, likely.cost - cost)),
             replace(likely, cost=likely.cost + cost)),
            (replace(likely, quality=low), replace(likely, quality=high)),
        )  # fmt: skip

    def _attempts(self, quality: float) -> float:
        """Return how many attempts a task would take: more or fewer as it fails more or less.

        Failing is taken to fall in proportion to what is missing to the examples' quality.
        """
        facts = self.facts
        gap_now, gap_then = (max(facts.ceiling - one, 0.0) for one in (facts.quality, quality))
        ratio = gap_then / gap_now if gap_now > 0.0 else 1.0 if gap_then == 0.0 else 2.0
        extra = (facts.attempts - 1.0) * min(ratio, 3.0)
        return 1.0 + max(extra, 0.0)
