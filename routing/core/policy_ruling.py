"""What the policies say of each candidate of one call.

Invariant: whatever their order, a model that an enforced policy forbids is removed, and no
policy brings back what another removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from budgets.core.money import format_usd
from routing.core.candidates import POLICY, Candidate, Removal
from routing.core.catalog import ModelSpec
from routing.core.policy import MEASURED, Constraint, Mode, Place, Policy, Rules


@dataclass(frozen=True, slots=True)
class Violation:
    """Say which constraint of which policy a model violates."""

    policy: Policy
    constraint: Constraint
    detail: str

    @property
    def text(self) -> str:
        """Return the violation in words, its policy first."""
        return f"{self.policy.label}: {self.detail}"

    @property
    def gives_way(self) -> bool:
        """Tell whether the model may be used all the same where nobody complies."""
        return self.policy.mode is Mode.SOFT and self.constraint in MEASURED

    def removal(self, model: str) -> Removal:
        """Return the removal of that model."""
        return Removal(
            model, POLICY, self.text, policy=self.policy.name, version=self.policy.version
        )

    def as_json(self) -> dict[str, Any]:
        """Return the violation as plain data."""
        return {
            "policy": self.policy.name,
            "version": self.policy.version,
            "mode": self.policy.mode.value,
            "constraint": self.constraint.value,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Bound:
    """Hold a policy with what it says of each known model whatever the call; absent: nothing."""

    policy: Policy
    fixed: Mapping[str, tuple[Violation, ...]]


@dataclass(frozen=True, slots=True)
class Measures:
    """Hold what constraints are measured by.

    `task_spent_nanousd` is what the call's task has cost so far; `p95_ms` each model's latency,
    absent where none was observed, which violates nothing.
    """

    task_spent_nanousd: int = 0
    p95_ms: Mapping[str, float] = field(default_factory=dict)


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
        said = {name: tuple(_fixed(policy, spec)) for name, spec in models.items()}
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


def violations(bound: Bound, candidate: Candidate, measures: Measures) -> Iterator[Violation]:
    """Yield everything that one policy holds against a candidate."""
    yield from bound.fixed.get(candidate.model, ())
    policy = bound.policy
    if policy.rules.unknown_price is False and candidate.upper_bound_nanousd is None:
        yield Violation(policy, Constraint.UNKNOWN_PRICE, "its price is unknown")
    if policy.rules.measured:
        for constraint, detail in _measured(policy.rules, candidate, measures):
            yield Violation(policy, constraint, detail)


def _rank(violation: Violation) -> tuple[str, int, str]:
    """Order violations so that the same one is named whatever order the policies came in."""
    return violation.policy.name, violation.policy.version, violation.constraint


def _fixed(policy: Policy, spec: ModelSpec) -> Iterator[Violation]:
    rules = policy.rules
    if spec.provider in rules.blocked_providers:
        yield Violation(policy, Constraint.PROVIDER, f"provider {spec.provider} is blocked")
    elif rules.allowed_providers is not None and spec.provider not in rules.allowed_providers:
        yield Violation(policy, Constraint.PROVIDER, f"provider {spec.provider} is not allowed")
    if spec.name in rules.blocked_models:
        yield Violation(policy, Constraint.MODEL, f"model {spec.name} is blocked")
    elif rules.allowed_models is not None and spec.name not in rules.allowed_models:
        yield Violation(policy, Constraint.MODEL, f"model {spec.name} is not allowed")
    if rules.regions is not None and spec.region not in rules.regions:
        where = spec.region or "unknown"
        yield Violation(
            policy, Constraint.REGION, f"region {where} is not {' or '.join(sorted(rules.regions))}"
        )
    if missing := rules.required_tags - spec.tags:
        yield Violation(policy, Constraint.TAGS, f"lacks {', '.join(sorted(missing))}")


def _measured(
    rules: Rules, candidate: Candidate, measures: Measures
) -> Iterator[tuple[Constraint, str]]:
    bound = candidate.upper_bound_nanousd
    if (cap := rules.max_cost_per_call_nanousd) is not None and (bound is None or bound > cap):
        yield Constraint.COST_PER_CALL, f"{_may_cost(bound)}, a call at most {format_usd(cap)} USD"
    if (cap := rules.max_cost_per_task_nanousd) is not None:
        spent = measures.task_spent_nanousd
        if bound is None or spent + bound > cap:
            yield (
                Constraint.COST_PER_TASK,
                f"{_may_cost(bound)} after {format_usd(spent)}, "
                f"a task at most {format_usd(cap)} USD",
            )
    if (longest := rules.max_p95_latency_ms) is not None:
        p95 = measures.p95_ms.get(candidate.model)
        if p95 is not None and p95 > longest:
            yield Constraint.LATENCY, f"p95 latency is {p95:.0f} ms, at most {longest}"
    if (least := rules.min_quality) is not None and candidate.estimate.mean < least:
        yield (
            Constraint.QUALITY,
            f"expected quality is {candidate.estimate.mean:.2f}, at least {least:.2f}",
        )


def _may_cost(bound_nanousd: int | None) -> str:
    if bound_nanousd is None:
        return "its price is unknown"
    return f"may cost {format_usd(bound_nanousd)}"
