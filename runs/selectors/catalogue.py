"""The models that are known: what they cost, how well they are, what has been learned of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from budgets.core.access import Action, Caller
from budgets.selectors import teams_of
from routing import conf
from routing.core.beliefs import believe
from routing.core.breaker import HEALTHY, BreakerState
from routing.core.catalog import ModelSpec
from routing.core.levels import Evidence
from routing.core.pricing import Prices
from routing.core.quality import NOTHING_SEEN, Estimate, Profile, merge
from routing.selectors import known_models
from routing.selectors.prices import prices_at
from routing.selectors.profiles import profiles_of
from routing.selectors.snapshot import open_breakers
from runs.core.refusals import NotVisible


@dataclass(frozen=True, slots=True)
class Learned:
    """Hold what was observed of a model at one task type, and what is believed from it."""

    task_type: str
    profile: Profile
    belief: Estimate


@dataclass(frozen=True, slots=True)
class ModelReading:
    """Hold one model. `prices` None: unknown. `available`: its provider can be reached."""

    spec: ModelSpec
    available: bool
    prices: Prices | None
    breaker: BreakerState
    profiles: tuple[Learned, ...]


def model_list(caller: Caller, now: datetime) -> list[ModelReading]:
    """Return every model by name, with what the caller's organisations learned of it.

    Models and prices are those of the caller's organisation; of who has several, the house's.
    """
    org_id = next(iter(caller.org_ids)) if len(caller.org_ids) == 1 else None
    known = known_models(org_id)
    reachable = conf.available(known.providers.values())
    prices = prices_at(known.models.values(), now, org_id)
    breakers = open_breakers()
    versions = {name: spec.litellm_name for name, spec in known.models.items()}
    profiles = _profiles(caller, versions)
    return [
        ModelReading(
            spec=spec,
            available=spec.provider in reachable,
            prices=prices.get(name),
            breaker=breakers.get(name, HEALTHY),
            profiles=_learned(spec, profiles.get(name, {}), now),
        )
        for name, spec in sorted(known.models.items())
    ]


def model_get(caller: Caller, name: str, now: datetime) -> ModelReading:
    """Return the model of that name. Raises: NotVisible."""
    for reading in model_list(caller, now):
        if reading.spec.name == name:
            return reading
    raise NotVisible("There is no such model.")


def _profiles(caller: Caller, versions: Mapping[str, str]) -> dict[str, dict[str, Profile]]:
    """Return profiles by model and task type; nothing where the caller may read no usage."""
    teams = teams_of(caller, Action.READ_USAGE)
    found: dict[str, dict[str, Profile]] = {}
    for org_id in sorted(set(teams.order_by().values_list("org_id", flat=True))):
        for (model, task_type), profile in profiles_of(org_id, versions=versions).items():
            by_type = found.setdefault(model, {})
            by_type[task_type] = merge(by_type.get(task_type, NOTHING_SEEN), profile)
    return found


def _learned(
    spec: ModelSpec, profiles: Mapping[str, Profile], now: datetime
) -> tuple[Learned, ...]:
    own = {(spec.name, task_type): profile for task_type, profile in profiles.items()}
    believed = believe(Evidence(org=own), {spec.name: spec.tier}, now)
    return tuple(
        Learned(task_type, profile, believed.estimate((spec.name, task_type)))
        for task_type, profile in sorted(profiles.items())
        if profile.n
    )
