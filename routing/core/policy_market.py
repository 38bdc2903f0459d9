"""What there is to choose from, and limits that none of it can keep.

Invariant: a figure that is not known is held to no limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from budgets.core.money import format_usd
from routing.core.catalog import ModelSpec
from routing.core.policy import Mode, Policy


@dataclass(frozen=True, slots=True)
class Finding:
    """Say what is wrong, in a sentence that says what to do.

    `blocking`: the policy cannot be saved so. `policies` are the others that take part.
    """

    code: str
    message: str
    blocking: bool
    policies: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {
            "code": self.code,
            "message": self.message,
            "blocking": self.blocking,
            "policies": list(self.policies),
        }


@dataclass(frozen=True, slots=True)
class Market:
    """Hold what there is to choose from, and what is known of it.

    What a small call may cost at most, the best quality expected at any type of task, and p95
    latencies; whatever is unknown is absent.
    """

    models: Mapping[str, ModelSpec]
    small_call_nanousd: Mapping[str, int] = field(default_factory=dict)
    quality: Mapping[str, float] = field(default_factory=dict)
    p95_ms: Mapping[str, float] = field(default_factory=dict)


def out_of_reach(draft: Policy, left: set[str], market: Market) -> Iterator[Finding]:
    """Find limits of a draft that none of the models that are left can keep."""
    strict = draft.mode is Mode.HARD
    for code, message in (*_costs(draft, left, market), *_others(draft, left, market)):
        yield Finding(code, message, strict)


def _costs(draft: Policy, left: set[str], market: Market) -> Iterator[tuple[str, str]]:
    best = _best(market.small_call_nanousd, left, min)
    if best is None:
        return
    name, cost = best[0], int(best[1])
    rules = draft.rules
    for what, cap in (
        ("call", rules.max_cost_per_call_nanousd),
        ("task", rules.max_cost_per_task_nanousd),
    ):
        if cap is not None and cost > cap:
            yield (
                "cap_below_cheapest",
                f"Even a small call may cost {format_usd(cost)} USD at the cheapest model left, "
                f"{name}, and a {what} at most {format_usd(cap)}: raise the cap.",
            )


def _others(draft: Policy, left: set[str], market: Market) -> Iterator[tuple[str, str]]:
    least, longest = draft.rules.min_quality, draft.rules.max_p95_latency_ms
    best = _best(market.quality, left, max)
    if least is not None and best is not None and best[1] < least:
        yield (
            "quality_out_of_reach",
            f"The best model left, {best[0]}, is expected to reach {best[1]:.2f}, not "
            f"{least:.2f}: ask for less.",
        )
    fastest = _best(market.p95_ms, left, min) if left <= market.p95_ms.keys() else None
    if longest is not None and fastest is not None and fastest[1] > longest:
        yield (
            "latency_out_of_reach",
            f"The fastest model left, {fastest[0]}, has a p95 latency of {fastest[1]:.0f} ms: "
            f"allow more than {longest}.",
        )


def _best(
    figures: Mapping[str, float], left: set[str], choose: Callable[..., tuple[float, str]]
) -> tuple[str, float] | None:
    """Return the model of the least, or the largest, figure; None where none is known."""
    known = [(figures[name], name) for name in left if name in figures]
    if not known:
        return None
    figure, name = choose(known)
    return name, figure
