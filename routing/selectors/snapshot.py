"""One moment of all that routing needs to choose a model: nine small queries."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from itertools import chain

from routing import conf
from routing.core.breaker import CLOSED, BreakerState
from routing.core.dated_prices import next_change
from routing.core.policy_ruling import bind
from routing.core.snapshot import RoutingSnapshot
from routing.models import Breaker
from routing.selectors.known_models import known_models
from routing.selectors.policies import latencies_for, policies_in_force
from routing.selectors.prices import dated_prices, prices_from
from routing.selectors.profiles import beliefs_for
from routing.selectors.rates import rate_limits_for
from routing.selectors.steering import rules_for

STATE_FIELDS = tuple(field.name for field in fields(BreakerState))


def snapshot(org_id: int, now: datetime, team_id: int | None = None) -> RoutingSnapshot:
    """Return the models that can be reached now, and what the org has learned and forbids.

    `team_id`: with what this team has learned for itself; None: what a new team would start with.
    """
    known, dated = known_models(org_id), dated_prices(org_id)
    reachable = conf.available(known.providers.values())
    models = {name: spec for name, spec in known.models.items() if spec.provider in reachable}
    policies = policies_in_force(org_id)
    tiers = {name: spec.tier for name, spec in models.items()}
    versions = {name: spec.litellm_name for name, spec in models.items()}
    return RoutingSnapshot(
        taken_at=now,
        models=models,
        providers={name: known.providers[name] for name in reachable},
        prices=prices_from(dated, models.values(), now),
        prices_until=next_change(chain(*dated.values()), now),
        breakers=open_breakers(),
        beliefs=beliefs_for(org_id, team_id, tiers, now, versions),
        policies=bind(policies, models),
        p95_ms=latencies_for(policies, org_id, now),
        rate_limits=rate_limits_for(org_id),
        rules=rules_for(org_id, team_id),
    )


def open_breakers() -> dict[str, BreakerState]:
    """Return the breakers that are not closed, by model."""
    rows = Breaker.objects.exclude(state=CLOSED).values_list("model", *STATE_FIELDS)
    return {model: BreakerState(*state) for model, *state in rows}
