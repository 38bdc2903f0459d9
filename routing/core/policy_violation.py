"""What one policy holds against one model, and in which words.

Invariant: nothing that is unknown violates a rule, but a price, which no cap can be held to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from budgets.core.money import format_usd
from routing.core.candidates import POLICY, Candidate, Removal
from routing.core.catalog import ModelSpec
from routing.core.policy import MEASURED, Constraint, Mode, Policy, Rules


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
class Measures:
    """Hold what constraints are measured by.

    `task_spent_nanousd` is what the call's task has cost so far; `p95_ms` each model's latency,
    absent where none was observed, which violates nothing.
    """

    task_spent_nanousd: int = 0
    p95_ms: Mapping[str, float] = field(default_factory=dict)


def fixed_violations(policy: Policy, spec: ModelSpec) -> Iterator[Violation]:
    """Yield what is held against a model whatever the call."""
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


def measured_violations(
    policy: Policy, candidate: Candidate, measures: Measures
) -> Iterator[Violation]:
    """Yield what is held against a candidate of one call."""
    if policy.rules.unknown_price is False and candidate.upper_bound_nanousd is None:
        yield Violation(policy, Constraint.UNKNOWN_PRICE, "its price is unknown")
    if policy.rules.measured:
        for constraint, detail in _measured(policy.rules, candidate, measures):
            yield Violation(policy, constraint, detail)


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
