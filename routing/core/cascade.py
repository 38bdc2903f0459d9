"""Whether to try a cheap model first and escalate, where its result can be checked.

Invariant: a cascade is taken only between well-known models, and only where it is expected to be
worth more than the chosen model alone, and to cost less for each accepted result.
Source: FrugalGPT, arXiv 2305.05176, section 3: a cascade with a learned accept threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from routing.core.choice import Choice, Scored

# Chances below this are no hope: trying such a model first only costs.
LEAST_CHANCE = 0.2
# With fewer scores at the task type, of either model, a cascade would be a guess.
LEAST_SCORES = 20
# How many ways are recorded beside the one that was taken.
MOST_RECORDED = 4

TAKEN = "cheaper_for_each_accepted_result"
LITTLE_EVIDENCE = "little_evidence"
NO_CHEAPER_MODEL = "no_cheaper_model"
NO_TIME = "no_time"
NO_GAIN = "no_gain"


@dataclass(frozen=True, slots=True)
class Check:
    """Describe what checks a result: a validator, a schema, or judges that people confirmed.

    `cost_nanousd` is what checking one result costs. `wrong_pass` is the share of passed results
    that are bad all the same. How often a model's results pass needs no figure here: chances are
    learned from the outcomes of this same check.
    """

    kind: str
    cost_nanousd: float = 0.0
    wrong_pass: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the check as plain data."""
        return {
            "kind": self.kind,
            "cost_nanousd": round(self.cost_nanousd),
            "wrong_pass": round(self.wrong_pass, 4),
        }


@dataclass(frozen=True, slots=True)
class Way:
    """Hold two models to try in turn, the second where the first's result fails its check.

    One model alone is tried twice, as the engine does. `chance` is that of an accepted result.
    """

    models: tuple[str, str]
    chance: float
    cost_nanousd: float
    value_nanousd: float

    @property
    def cost_per_accepted_nanousd(self) -> float | None:
        """Return what an accepted result is expected to cost; None: none is expected."""
        return self.cost_nanousd / self.chance if self.chance > 0.0 else None

    def beats(self, other: Way) -> bool:
        """Tell whether it is worth more, at less money for each accepted result."""
        if self.value_nanousd <= other.value_nanousd:
            return False
        mine, others = self.cost_per_accepted_nanousd, other.cost_per_accepted_nanousd
        return mine is not None and (others is None or mine < others)

    def as_json(self) -> dict[str, Any]:
        """Return the way as plain data."""
        each = self.cost_per_accepted_nanousd
        return {
            "models": list(self.models),
            "chance": round(self.chance, 4),
            "expected_cost_nanousd": round(self.cost_nanousd),
            "cost_per_accepted_nanousd": None if each is None else round(each),
            "value_nanousd": round(self.value_nanousd),
        }


@dataclass(frozen=True, slots=True)
class Weighed:
    """Hold the ways that were weighed against the chosen model alone, best first, and why."""

    check: Check
    alone: Way
    ways: tuple[Way, ...]
    why: str

    @property
    def taken(self) -> Way | None:
        """Return the cascade; None: the chosen model goes alone."""
        return self.ways[0] if self.why == TAKEN else None

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain data, for the record of the decision."""
        way = self.taken
        step = {"step": 1, "of": 2, "models": list(way.models)} if way else {}
        return {
            "cascade": {
                "taken": way is not None,
                **step,
                "why": self.why,
                "check": self.check.as_json(),
                "alone": self.alone.as_json(),
                "ways": [one.as_json() for one in self.ways[:MOST_RECORDED]],
            }
        }


@dataclass(frozen=True, slots=True)
class Escalation:
    """Hold the second step of a cascade: from which model to which, and what failed."""

    models: tuple[str, str]
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, for the record of the decision."""
        return {
            "cascade": {
                "taken": True, "step": 2, "of": 2, "models": list(self.models), "why": self.why
            }
        }  # fmt: skip


def weigh(
    choice: Choice, check: Check, seconds: Mapping[str, float], seconds_left: float
) -> Weighed:
    """Return whether a cheaper model should go before the chosen one, with all that was weighed.

    `seconds` is how long a call to each model may take at most; both steps must fit into what is
    left. The two outcomes are taken to be independent given the task type, and so are two of one
    model. Chances carry the draws of the choice: a cascade explores as the choice does.
    """
    chosen = next(one for one in choice.scored if one.candidate.model == choice.model)
    alone = _way(chosen, chosen, choice.worth_nanousd, check)
    firsts, why = _firsts(choice.scored, chosen, seconds, seconds_left)
    found = [_way(first, chosen, choice.worth_nanousd, check) for first in firsts]
    ways = tuple(sorted(found, key=lambda one: (-one.value_nanousd, one.models)))
    # Best first, so that a cascade that costs more for each result hides no cheaper one.
    better = [one for one in ways if one.beats(alone)]
    if better:
        ways = (better[0], *(one for one in ways if one is not better[0]))
        why = TAKEN
    return Weighed(check, alone, ways, why)


def led_by(choice: Choice, way: Way) -> Choice:
    """Return the choice with the cascade's first model in front of what was chosen."""
    first = way.models[0]
    rest = [one for one in choice.fallbacks if one != first]
    return replace(choice, model=first, fallbacks=(choice.model, *rest))


def accept_threshold(
    judged: Sequence[tuple[float, bool]], wrong_pass: float, least: int = LEAST_SCORES
) -> float | None:
    """Return the lowest judge's score above which at most this share of passes were bad.

    `judged` holds (a judge's score, whether the result was good) of one task type, where that
    is known from people. None: too little is known, or no score is safe.
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


def _firsts(
    scored: Sequence[Scored], chosen: Scored, seconds: Mapping[str, float], seconds_left: float
) -> tuple[list[Scored], str]:
    """Return the models that may go before the chosen one, and why there are none or no more."""
    price = chosen.candidate.expected_cost_nanousd
    if price is None or chosen.candidate.estimate.n < LEAST_SCORES:
        return [], LITTLE_EVIDENCE
    cheaper = [one for one in scored if _costs_less(one, price)]
    if not cheaper:
        return [], NO_CHEAPER_MODEL
    known = [one for one in cheaper if one.candidate.estimate.n >= LEAST_SCORES]
    if not known:
        return [], LITTLE_EVIDENCE
    left = seconds_left - seconds[chosen.candidate.model]
    in_time = [one for one in known if seconds[one.candidate.model] <= left]
    if not in_time:
        return [], NO_TIME
    return [one for one in in_time if one.chance >= LEAST_CHANCE], NO_GAIN


def _costs_less(one: Scored, price: int) -> bool:
    cost = one.candidate.expected_cost_nanousd
    return cost is not None and cost < price


def _way(first: Scored, second: Scored, worth: float, check: Check) -> Way:
    escalated = 1.0 - first.chance
    passed = first.chance + escalated * second.chance
    cost = _cost(first) + check.cost_nanousd + escalated * (_cost(second) + check.cost_nanousd)
    good = passed * (1.0 - check.wrong_pass)
    models = (first.candidate.model, second.candidate.model)
    return Way(models, good, cost, worth * good - cost)


def _cost(scored: Scored) -> int:
    return scored.candidate.expected_cost_nanousd or 0
