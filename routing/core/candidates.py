"""Which models could take a call at all, and what removed each of the others.

Invariant: every candidate is either kept or removed, and a removal names its first reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from routing.core.quality import Estimate

UNHEALTHY = "unhealthy"
WRONG_TASK_TYPE = "wrong_task_type"
WINDOW_TOO_SMALL = "window_too_small"
UNKNOWN_PRICE = "unknown_price"
NOT_ENOUGH_MONEY = "not_enough_money"
NOT_ALLOWED = "not_allowed"
PROVIDER_EXCLUDED = "provider_excluded"
MODEL_EXCLUDED = "model_excluded"
ALREADY_TRIED = "already_tried"
POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Describe one model for one call.

    `max_output_tokens` is what the call may produce there. Costs are None where the price is
    unknown; `latency_ms` where nothing was observed. `healthy` False: its breaker lets nothing
    through before `retry_at`; `probe`: a call there would be the probe that may close it.
    """

    model: str
    provider: str
    estimate: Estimate
    expected_cost_nanousd: int | None
    upper_bound_nanousd: int | None
    latency_ms: float | None = None
    context_window: int = 1_000_000
    max_output_tokens: int = 0
    fits_task_type: bool = True
    healthy: bool = True
    probe: bool = False
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """State what a call needs and what its caller may use.

    `larger_than`: the window must be larger than this. `free_nanousd` None: no limit.
    `allowed` maps who restricts (team, key, run) to the models left; absent: no restriction.
    `excluded_providers` and `excluded_models` hold whom the caller must differ from; `tried`
    the models that this call has been to. `ruled_out` holds what policies removed.
    """

    input_tokens: int
    larger_than: int = 0
    free_nanousd: int | None = None
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    excluded_providers: frozenset[str] = frozenset()
    excluded_models: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()
    unknown_price_allowed: bool = False
    ruled_out: Mapping[str, Removal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removal:
    """Say what removed a model; `retry_at` is when that may have passed, None if it will not.

    `policy` and `version` name the policy that did; they are empty where none did.
    """

    model: str
    reason: str
    detail: str = ""
    retry_at: datetime | None = None
    policy: str = ""
    version: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the removal as plain data."""
        named = {"policy": self.policy, "version": self.version} if self.policy else {}
        return named | {
            "model": self.model,
            "reason": self.reason,
            "detail": self.detail,
            "retry_at": self.retry_at.isoformat() if self.retry_at else None,
        }


def filter_candidates(
    candidates: Sequence[Candidate], demand: Demand
) -> tuple[tuple[Candidate, ...], tuple[Removal, ...]]:
    """Return the candidates that can take the call, and what removed each other one.

    Reasons that waiting or money cannot cure come first.
    """
    kept: list[Candidate] = []
    removed: list[Removal] = []
    for candidate in candidates:
        removal = _removal(candidate, demand)
        if removal is None:
            kept.append(candidate)
        else:
            removed.append(removal)
    return tuple(kept), tuple(removed)


def first_return(removed: Sequence[Removal]) -> datetime | None:
    """Return when the first removed model may be back; None if waiting does not help."""
    return min((one.retry_at for one in removed if one.retry_at is not None), default=None)


def _removal(candidate: Candidate, demand: Demand) -> Removal | None:
    for who in sorted(demand.allowed):
        if candidate.model not in demand.allowed[who]:
            return Removal(candidate.model, NOT_ALLOWED, who)
    if (ruled := demand.ruled_out.get(candidate.model)) is not None:
        return ruled
    for check in (_by_exclusion, _by_task, _by_money, _by_health):
        found = check(candidate, demand)
        if found is not None:
            reason, detail = found
            retry_at = candidate.retry_at if reason == UNHEALTHY else None
            return Removal(candidate.model, reason, detail, retry_at)
    return None


def _by_exclusion(candidate: Candidate, demand: Demand) -> tuple[str, str] | None:
    if candidate.provider in demand.excluded_providers:
        return PROVIDER_EXCLUDED, candidate.provider
    if candidate.model in demand.excluded_models:
        return MODEL_EXCLUDED, ""
    if candidate.model in demand.tried:
        return ALREADY_TRIED, ""
    return None


def _by_task(candidate: Candidate, demand: Demand) -> tuple[str, str] | None:
    if not candidate.fits_task_type:
        return WRONG_TASK_TYPE, ""
    needed = demand.input_tokens + candidate.max_output_tokens
    if candidate.context_window < needed:
        return WINDOW_TOO_SMALL, f"needs {needed} tokens, has {candidate.context_window}"
    if candidate.context_window <= demand.larger_than:
        return WINDOW_TOO_SMALL, f"needs more than {demand.larger_than} tokens"
    return None


def _by_money(candidate: Candidate, demand: Demand) -> tuple[str, str] | None:
    bound = candidate.upper_bound_nanousd
    if bound is None and not demand.unknown_price_allowed:
        return UNKNOWN_PRICE, ""
    # An unknown price is charged nothing; less than that is left of a hold that is overspent.
    bound = bound or 0
    if demand.free_nanousd is not None and bound > demand.free_nanousd:
        return NOT_ENOUGH_MONEY, f"may cost {bound} nano-dollars, {demand.free_nanousd} are left"
    return None


def _by_health(candidate: Candidate, demand: Demand) -> tuple[str, str] | None:
    if candidate.healthy:
        return None
    retry_at = candidate.retry_at
    return UNHEALTHY, f"not before {retry_at.isoformat()}" if retry_at else ""
