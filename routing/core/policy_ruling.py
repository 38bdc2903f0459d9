"""What the policies say of each candidate of one call.

Invariant: whatever their order, a model that an enforced policy forbids is removed, and no
policy brings back what another removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from routing.core.candidates import Candidate, Demand, Removal
from routing.core.catalog import ModelSpec
from routing.core.policy import Place, Policy
from routing.core.policy_violation import (
    Measures,
    Violation,
    fixed_violations,
    measured_violations,
)


@dataclass(frozen=True, slots=True)
class Bound:
    """Hold a policy with what it says of each known model whatever the call; absent: nothing."""

    policy: Policy
    fixed: Mapping[str, tuple[Violation, ...]]


@dataclass(frozen=True, slots=True)
class Ruling:
    """Hold what all policies of one call say together.

    `removals` are beyond question; `breaches` give way where nobody complies; `remarks` only
    watch.
    """

    policies: tuple[Policy, ...] = ()
    removals: Mapping[str, Removal] = field(default_factory=dict)
    breaches: Mapping[str, tuple[Violation, ...]] = field(default_factory=dict)
    remarks: Mapping[str, tuple[Violation, ...]] = field(default_factory=dict)
    unknown_price_allowed: bool = False

    def prefer(self, kept: Sequence[Candidate]) -> tuple[list[Candidate], list[Removal]]:
        """Return whom the SOFT limits leave of those who could take the call, and whom they remove.

        Where nobody complies, those are left that break the fewest limits.
        """
        if not self.breaches or not kept:
            return list(kept), []
        fewest = min(len(self.breaches.get(one.model, ())) for one in kept)
        left, removed = [], []
        for one in kept:
            broken = self.breaches.get(one.model, ())
            if len(broken) == fewest:
                left.append(one)
            else:
                removed.append(broken[0].removal(one.model))
        return left, removed

    def warnings(self, model: str) -> tuple[Violation, ...]:
        """Return what is violated by using the model all the same."""
        return (*self.breaches.get(model, ()), *self.remarks.get(model, ()))

    def as_json(self) -> dict[str, Any]:
        """Return which policies held, and what was violated without leading to a removal.

        Empty where no policy held.
        """
        if not self.policies:
            return {}
        return {
            "policies": [
                {"policy": one.name, "version": one.version, "mode": one.mode.value}
                for one in self.policies
            ],
            "violations": {
                model: [one.as_json() for one in self.warnings(model)]
                for model in sorted(self.breaches.keys() | self.remarks.keys())
            },
        }


NO_RULING = Ruling()


def bind(policies: Iterable[Policy], models: Mapping[str, ModelSpec]) -> tuple[Bound, ...]:
    """Return policies with what they say of these models, to judge many calls by."""
    bound = []
    for policy in policies:
        said = {name: tuple(fixed_violations(policy, spec)) for name, spec in models.items()}
        bound.append(Bound(policy, {name: found for name, found in said.items() if found}))
    return tuple(bound)


def judge(
    bound: Sequence[Bound],
    place: Place,
    candidates: Iterable[Candidate],
    measures: Measures,
) -> Ruling:
    """Return what the policies that hold for this call say of its candidates."""
    holding = [one for one in bound if one.policy.applies(place)]
    if not holding:
        return NO_RULING
    removals: dict[str, Removal] = {}
    breaches: dict[str, tuple[Violation, ...]] = {}
    remarks: dict[str, tuple[Violation, ...]] = {}
    for candidate in candidates:
        found = [one for each in holding for one in violations(each, candidate, measures)]
        if not found:
            continue
        model = candidate.model
        watched = tuple(one for one in found if not one.policy.enforced)
        broken = tuple(one for one in found if one.gives_way)
        strict = [one for one in found if one.policy.enforced and not one.gives_way]
        if strict:
            removals[model] = min(strict, key=_rank).removal(model)
        if broken:
            breaches[model] = tuple(sorted(broken, key=_rank))
        if watched:
            remarks[model] = watched
    permitted = any(one.policy.enforced and one.policy.rules.unknown_price for one in holding)
    policies = tuple(one.policy for one in holding)
    return Ruling(policies, removals, breaches, remarks, permitted)


def ruled(demand: Demand, ruling: Ruling) -> Demand:
    """Return the demand of a call with what the policies say."""
    return replace(
        demand,
        ruled_out=ruling.removals,
        unknown_price_allowed=ruling.unknown_price_allowed,
    )


def violations(bound: Bound, candidate: Candidate, measures: Measures) -> Iterator[Violation]:
    """Yield everything that one policy holds against a candidate."""
    yield from bound.fixed.get(candidate.model, ())
    yield from measured_violations(bound.policy, candidate, measures)


def _rank(violation: Violation) -> tuple[str, int, str, str]:
    """Order violations so that the same one is named whatever order the policies came in."""
    return (
        violation.policy.name,
        violation.policy.version,
        violation.constraint,
        violation.detail,
    )
