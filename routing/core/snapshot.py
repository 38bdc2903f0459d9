"""All that routing knows at one moment, and the candidates it makes of one request.

Invariant: nothing here changes; a newer moment is another snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from routing.core.beliefs import NOTHING_BELIEVED, Beliefs
from routing.core.breaker import CLOSED, HEALTHY, BreakerState, admits, available_at
from routing.core.candidates import Candidate
from routing.core.catalog import ModelSpec, ProviderSpec
from routing.core.policy_ruling import Bound
from routing.core.pricing import Prices, upper_bound
from routing.core.rates import RateLimit
from routing.core.request import ModelRequest
from routing.core.steering import Rule

# What a call is expected to produce before any was observed, as a share of what it may.
EXPECTED_OUTPUT_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class RoutingSnapshot:
    """Hold models that can be reached, their prices (None: unknown), health and beliefs.

    `beliefs` are one team's, `policies` its organisation's. `p95_ms` is
    each model's latency, read only where a policy limits it. `prices_until`: when the next price
    begins or ends; None: none is known to. `rules` are the recommendations that act for the
    team, its own first.
    """

    taken_at: datetime
    models: Mapping[str, ModelSpec]
    providers: Mapping[str, ProviderSpec]
    prices: Mapping[str, Prices | None]
    breakers: Mapping[str, BreakerState] = field(default_factory=dict)
    beliefs: Beliefs = NOTHING_BELIEVED
    policies: tuple[Bound, ...] = ()
    p95_ms: Mapping[str, float] = field(default_factory=dict)
    rate_limits: tuple[RateLimit, ...] = ()
    prices_until: datetime | None = None
    rules: tuple[Rule, ...] = ()

    def prices_hold(self, at: datetime) -> bool:
        """Tell whether no price has changed since, that was known to."""
        return self.prices_until is None or at < self.prices_until

    def prices_of(self, model: str) -> Prices | None:
        """Return the model's prices; None if they are unknown."""
        return self.prices.get(model)

    def provider_of(self, model: str) -> ProviderSpec:
        """Return where the model is reached."""
        return self.providers[self.models[model].provider]


def output_limit(spec: ModelSpec, request: ModelRequest) -> int:
    """Return the output tokens that this request may produce at this model."""
    return min(request.max_output_tokens, spec.max_output_tokens)


def candidates_for(
    snapshot: RoutingSnapshot, request: ModelRequest, input_tokens: int, at: datetime
) -> tuple[Candidate, ...]:
    """Return every model of the snapshot as a candidate for this request, in order of name."""
    return tuple(
        candidate_for(snapshot, snapshot.models[name], request, input_tokens, at)
        for name in sorted(snapshot.models)
    )


def candidate_for(
    snapshot: RoutingSnapshot,
    spec: ModelSpec,
    request: ModelRequest,
    input_tokens: int,
    at: datetime,
) -> Candidate:
    """Return one model as a candidate for this request."""
    key = (spec.name, request.task_type)
    breaker = snapshot.breakers.get(spec.name, HEALTHY)
    limit = output_limit(spec, request)
    expected, bound = _costs(snapshot, key, input_tokens, limit)
    return Candidate(
        model=spec.name,
        provider=spec.provider,
        estimate=snapshot.beliefs.estimate(key),
        expected_cost_nanousd=expected,
        upper_bound_nanousd=bound,
        latency_ms=snapshot.beliefs.spent.latency_ms(key),
        context_window=spec.context_window,
        max_output_tokens=limit,
        fits_task_type=request.task_type in spec.task_types,
        healthy=admits(breaker, at),
        probe=breaker.state != CLOSED and admits(breaker, at),
        retry_at=available_at(breaker),
    )


def _costs(
    snapshot: RoutingSnapshot, key: tuple[str, str], input_tokens: int, limit: int
) -> tuple[int | None, int | None]:
    prices = snapshot.prices.get(key[0])
    if prices is None:
        return None, None
    bound = upper_bound(prices, input_tokens, limit)
    guess = upper_bound(prices, input_tokens, round(limit * EXPECTED_OUTPUT_SHARE))
    a_token = float(prices.base.input)
    expected = snapshot.beliefs.spent.expected_cost(key, guess, input_tokens, a_token) or 0.0
    return min(round(expected), bound), bound
