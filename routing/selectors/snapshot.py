"""One moment of all that routing needs to choose a model: seven small queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime

from django.db.models import Q

from routing import conf
from routing.core.breaker import CLOSED, BreakerState
from routing.core.catalog import ModelSpec
from routing.core.policy_ruling import bind
from routing.core.pricing import Prices, flat_prices
from routing.core.snapshot import RoutingSnapshot
from routing.models import Breaker, PriceOverride
from routing.selectors.known_models import known_models
from routing.selectors.policies import latencies_for, policies_in_force
from routing.selectors.price_map import listed_prices
from routing.selectors.profiles import beliefs_for
from routing.selectors.rates import rate_limits_for

STATE_FIELDS = tuple(field.name for field in fields(BreakerState))


def snapshot(org_id: int, now: datetime, team_id: int | None = None) -> RoutingSnapshot:
    """Return the models that can be reached now, and what the org has learned and forbids.

    `team_id`: with what this team has learned for itself; None: what a new team would start with.
    """
    known = known_models()
    reachable = conf.available(known.providers.values())
    models = {name: spec for name, spec in known.models.items() if spec.provider in reachable}
    policies = policies_in_force(org_id)
    tiers = {name: spec.tier for name, spec in models.items()}
    return RoutingSnapshot(
        taken_at=now,
        models=models,
        providers={name: known.providers[name] for name in reachable},
        prices=prices_at(models.values(), now),
        breakers=open_breakers(),
        beliefs=beliefs_for(org_id, team_id, tiers, now),
        policies=bind(policies, models),
        p95_ms=latencies_for(policies, org_id, now),
        rate_limits=rate_limits_for(org_id),
    )


def prices_at(models: Iterable[ModelSpec], now: datetime) -> dict[str, Prices | None]:
    """Return each model's prices: an override of the day, else its line's, else the map's."""
    overrides = _overrides(now)
    return {spec.name: overrides.get(spec.name) or _own_prices(spec) for spec in models}


def open_breakers() -> dict[str, BreakerState]:
    """Return the breakers that are not closed, by model."""
    rows = Breaker.objects.exclude(state=CLOSED).values_list("model", *STATE_FIELDS)
    return {model: BreakerState(*state) for model, *state in rows}


def _own_prices(spec: ModelSpec) -> Prices | None:
    return flat_prices(*spec.price_usd) if spec.price_usd else listed_prices(spec.priced_as)


def _overrides(now: datetime) -> dict[str, Prices]:
    """Return the overrides that hold now; of two, the one that started later."""
    rows = PriceOverride.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
    return {
        row.model: flat_prices(
            row.input_usd,
            row.output_usd,
            cache_read=row.cache_read_usd,
            cache_write=row.cache_write_usd,
            cache_write_long=row.cache_write_long_usd,
            reasoning=row.reasoning_usd,
        )
        for row in rows.filter(starts_at__lte=now).order_by("starts_at")
    }
