"""What a draft of a policy would have done to choices that were made without it.

Invariant: a choice is replayed with the candidates, figures and draws that were recorded for it;
a draft can only take candidates away.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.core.candidates import Candidate
from routing.core.policy import Place, Policy
from routing.core.policy_ruling import Bound, Ruling, judge
from routing.core.policy_violation import Measures
from routing.core.quality import Estimate

ALLOWED, DENIED, WARNED, REROUTED = "allowed", "denied", "warned", "rerouted"
# How many choices of each outcome are shown one by one.
EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class Past:
    """Hold one choice as it was recorded.

    `candidates` are plain data as `Choice.as_json` writes them, best first. `cost_nanousd` is
    what the call cost in the end, None where that is unknown; `task_spent_nanousd` what its task
    had cost before.
    """

    decision: str
    at: str
    run: str
    task_key: str
    place: Place
    model: str
    candidates: tuple[Mapping[str, Any], ...]
    cost_nanousd: int | None
    task_spent_nanousd: int = 0


@dataclass(frozen=True, slots=True)
class Replayed:
    """Hold what became of one choice; `model` is empty where nobody was left."""

    past: Past
    outcome: str
    model: str
    reason: str
    saved_nanousd: int

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "decision": self.past.decision,
            "at": self.past.at,
            "run": self.past.run,
            "task": self.past.task_key,
            "task_type": self.past.place.task_type,
            "outcome": self.outcome,
            "from_model": self.past.model,
            "to_model": self.model or None,
            "reason": self.reason,
        }


@dataclass
class Tally:
    """Count what became of many choices.

    `cost_nanousd` is what they cost; `denied_nanousd` the part of it that would not have been
    spent; `rerouted_nanousd` what the others are expected to have cost more (or, below zero,
    less).
    """

    counts: Counter[str] = field(default_factory=Counter)
    cost_nanousd: int = 0
    denied_nanousd: int = 0
    rerouted_nanousd: int = 0
    outside: int = 0
    runs: set[str] = field(default_factory=set)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    newest: dict[str, deque[Replayed]] = field(
        default_factory=lambda: {one: deque(maxlen=EXAMPLES) for one in (DENIED, REROUTED, WARNED)}
    )

    @property
    def examples(self) -> list[Replayed]:
        """Return the last choices of each outcome that the draft would have changed."""
        return [one for each in self.newest.values() for one in reversed(each)]

    @property
    def total(self) -> int:
        """Return how many choices were looked at."""
        return sum(self.counts.values()) + self.outside

    def add(self, one: Replayed) -> None:
        """Count one choice that lay in the draft's scope."""
        self.counts[one.outcome] += 1
        self.cost_nanousd += one.past.cost_nanousd or 0
        if one.outcome == DENIED:
            self.denied_nanousd += one.past.cost_nanousd or 0
        self.rerouted_nanousd -= one.saved_nanousd
        if one.outcome == REROUTED:
            self.moves[one.past.model, one.model] += 1
        if one.outcome != ALLOWED:
            self.runs.add(one.past.run)
            self.newest[one.outcome].append(one)


def replay(
    bound: Bound, choices: Iterable[Past], p95_ms: Mapping[str, float] | None = None
) -> Tally:
    """Return what a draft would have done to these choices; `p95_ms` are today's latencies."""
    tally = Tally()
    for past in choices:
        if bound.policy.applies(past.place):
            tally.add(_replayed(bound, past, p95_ms or {}))
        else:
            tally.outside += 1
            tally.cost_nanousd += past.cost_nanousd or 0
    return tally


def _replayed(bound: Bound, past: Past, p95_ms: Mapping[str, float]) -> Replayed:
    candidates = [_candidate(one) for one in past.candidates]
    measures = Measures(past.task_spent_nanousd, p95_ms)
    ruling = judge([bound], past.place, candidates, measures)
    kept, _ = ruling.prefer([one for one in candidates if one.model not in ruling.removals])
    left = {one.model for one in kept}
    if past.model in left:
        warnings = ruling.warnings(past.model)
        outcome = WARNED if warnings else ALLOWED
        return Replayed(past, outcome, past.model, "; ".join(one.detail for one in warnings), 0)
    reason = _why(ruling, past.model, bound.policy)
    # They were recorded best first, with the draws of the day.
    for one in past.candidates:
        if one["model"] in left:
            return Replayed(past, REROUTED, one["model"], reason, _saved(past, one))
    return Replayed(past, DENIED, "", reason, 0)


def _why(ruling: Ruling, model: str, policy: Policy) -> str:
    if (removal := ruling.removals.get(model)) is not None:
        return removal.detail.removeprefix(f"{policy.label}: ")
    return "; ".join(one.detail for one in ruling.breaches.get(model, ()))


def _saved(past: Past, other: Mapping[str, Any]) -> int:
    """Return what the other model was expected to cost less, both as expected at the time."""
    costs = {one["model"]: one.get("expected_cost_nanousd") for one in past.candidates}
    was, now = costs.get(past.model), other.get("expected_cost_nanousd")
    return 0 if was is None or now is None else was - now


def _candidate(one: Mapping[str, Any]) -> Candidate:
    mean, sd = float(one.get("mean") or 0.0), float(one.get("sd") or 0.1)
    return Candidate(
        model=str(one["model"]),
        provider=str(one.get("provider", "")),
        estimate=Estimate(mean, sd, one.get("n") or 0, sd),
        expected_cost_nanousd=one.get("expected_cost_nanousd"),
        upper_bound_nanousd=one.get("upper_bound_nanousd"),
    )
