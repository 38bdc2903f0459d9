"""Whether to try a cheap model first and escalate, where its result can be checked.

Invariant: a cascade is taken only where it is expected to be worth more than every model alone.
Source: FrugalGPT, arXiv 2305.05176, section 3: a cascade with a learned accept threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from routing.core.choice import Scored

# Chances below this are no hope: trying such a model first only costs.
LEAST_CHANCE = 0.2


@dataclass(frozen=True, slots=True)
class Check:
    """Describe what checks a result: a validator, a schema, or a judge with its threshold.

    `cost_nanousd` is what one check costs. `wrong_pass` and `wrong_fail` are how often it lets a
    bad result through and refuses a good one; a validator that decides by itself has neither.
    """

    kind: str
    cost_nanousd: int = 0
    wrong_pass: float = 0.0
    wrong_fail: float = 0.0

    def passes(self, chance: float) -> float:
        """Return how often a result passes that is good with this chance."""
        return chance * (1.0 - self.wrong_fail) + (1.0 - chance) * self.wrong_pass


@dataclass(frozen=True, slots=True)
class Cascade:
    """Hold the models to try in turn, and what is expected of that beside the best alone."""

    models: tuple[str, ...]
    check: Check
    chance: float
    cost_nanousd: float
    value_nanousd: float
    alone: str
    alone_value_nanousd: float

    def as_json(self) -> dict[str, Any]:
        """Return the cascade as plain data, for the decision that took it."""
        return {
            "models": list(self.models),
            "check": self.check.kind,
            "chance": round(self.chance, 4),
            "expected_cost_nanousd": round(self.cost_nanousd),
            "value_nanousd": round(self.value_nanousd),
            "alone": self.alone,
            "alone_value_nanousd": round(self.alone_value_nanousd),
        }


def cascade_of(scored: Sequence[Scored], worth_nanousd: float, check: Check) -> Cascade | None:
    """Return the best pair of a first model and one to escalate to; None where one alone is best.

    `scored` are the candidates of a choice. The second is tried only where the first's result
    fails its check; chances of the two are taken to be independent given the task type, which
    flatters a cascade, so that it must also win by what its check costs. Unknown costs are left
    out. Candidates of one choice carry their draws: a cascade explores as the choice does.
    """
    priced = [one for one in scored if one.candidate.expected_cost_nanousd is not None]
    if len(priced) < 2:
        return None
    best = max(priced, key=lambda one: one.value_nanousd)
    pairs = [
        _pair(first, second, worth_nanousd, check, best)
        for first in priced
        if first.chance >= LEAST_CHANCE
        for second in priced
        if second is not first and _cost(second) > _cost(first)
    ]
    if not pairs:
        return None
    found = max(pairs, key=lambda one: (one.value_nanousd, one.models))
    return found if found.value_nanousd > best.value_nanousd else None


def accept_threshold(
    judged: Sequence[tuple[float, bool]], wrong_pass: float, least: int = 20
) -> float | None:
    """Return the lowest judge's score above which at most this share of passes were bad.

    `judged` holds (a judge's score, whether the result was good) of one task type, where that
    is known from a validator or a person. None: too little is known, or no score is safe.
    """
    if len(judged) < least:
        return None
    ordered = sorted(judged, key=lambda one: -one[0])
    found: float | None = None
    bad = 0
    for count, (score, good) in enumerate(ordered, start=1):
        bad += not good
        last_of_score = count == len(ordered) or ordered[count][0] != score
        # One more is counted as bad: a short run of luck proves nothing.
        if last_of_score and (bad + 1) / (count + 1) <= wrong_pass:
            found = score
    return found


def _pair(first: Scored, second: Scored, worth: float, check: Check, alone: Scored) -> Cascade:
    chance = min(max(first.chance, 0.0), 1.0)
    passed = check.passes(chance)
    good = chance * (1.0 - check.wrong_fail) + (1.0 - passed) * min(max(second.chance, 0.0), 1.0)
    cost = _cost(first) + check.cost_nanousd + (1.0 - passed) * _cost(second)
    return Cascade(
        models=(first.candidate.model, second.candidate.model),
        check=check,
        chance=good,
        cost_nanousd=cost,
        value_nanousd=worth * good - cost,
        alone=alone.candidate.model,
        alone_value_nanousd=alone.value_nanousd,
    )


def _cost(scored: Scored) -> int:
    return scored.candidate.expected_cost_nanousd or 0
