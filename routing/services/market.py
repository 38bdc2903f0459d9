"""What an organisation changes of models, providers and prices, for itself and on the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from budgets.core.errors import InvalidChange
from routing.core.catalog import ModelSpec
from routing.models import DisabledProvider, Model, PriceOverride
from routing.selectors.known_models import KnownModel, every_model
from routing.selectors.price_map import listed_prices, price_entry
from telemetry.services.changes import record_change

CLASSES = ("input", "output", "cache_read", "cache_write", "cache_write_long", "reasoning")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes what, where and when."""

    org_id: int
    name: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Traits:
    """What an organisation says of a model."""

    tier: str
    task_types: frozenset[str]
    context_window: int
    max_output_tokens: int
    region: str
    tags: frozenset[str]


@transaction.atomic
def switch_model(name: str, on: bool, by: Actor) -> bool:
    """Let the organisation's calls use a model, or not; return whether that is a change.

    Raises: InvalidChange for a model that the house has switched off, or that is not known.
    """
    known = _known(name, by)
    if on and known.off_in_house:
        raise InvalidChange({"model": [f"{name} is switched off for the whole house."]})
    row, _ = Model.objects.select_for_update().get_or_create(org_id=by.org_id, name=name)
    if row.enabled == on:
        return False
    row.enabled = on
    row.save(update_fields=["enabled"])
    _record("model", name, by, {"enabled": not on}, {"enabled": on})
    return True


@transaction.atomic
def switch_provider(name: str, on: bool, by: Actor) -> bool:
    """Let the organisation's calls go to a provider, or not; return whether that is a change."""
    if name not in every_model(by.org_id).providers:
        raise InvalidChange({"provider": [f"There is no provider {name}."]})
    if on:
        changed = DisabledProvider.objects.filter(org_id=by.org_id, name=name).delete()[0] > 0
    else:
        changed = DisabledProvider.objects.get_or_create(org_id=by.org_id, name=name)[1]
    if changed:
        _record("provider", name, by, {"enabled": not on}, {"enabled": on})
    return changed


@transaction.atomic
def change_model(name: str, wanted: Traits, by: Actor) -> bool:
    """Set what the organisation says of a model; return whether that is a change.

    What is as the house has it is not kept, so that the house's changes go on reaching it.
    """
    known = _known(name, by)
    before, after = _said(_traits(known.spec)), _said(wanted)
    if before == after:
        return False
    house = every_model(None).models.get(name)
    base = _said(_traits(house.spec)) if house else {}
    kept = {key: value for key, value in after.items() if value != base.get(key)}
    empty: dict[str, Any] = {"tier": "", "region": "", "task_types": None, "tags": None}
    empty |= {"context_window": None, "max_output_tokens": None}
    Model.objects.update_or_create(org_id=by.org_id, name=name, defaults=empty | kept)
    changed = [key for key in after if after[key] != before[key]]
    was, became = ({key: one[key] for key in changed} for one in (before, after))
    _record("model", name, by, was, became)
    return True


@transaction.atomic
def add_model(name: str, by: Actor) -> ModelSpec:
    """Add a model that the price map knows. Raises: InvalidChange."""
    every = every_model(by.org_id)
    if name in every.models:
        raise InvalidChange({"name": [f"{name} is there already."]})
    if price_entry(name) is None or listed_prices(name) is None:
        sentence = (
            "litellm's price map does not know this model, or no price for it. Write its name as "
            "litellm does, such as mistral/mistral-large-latest."
        )
        raise InvalidChange({"name": [sentence]})
    Model.objects.create(org_id=by.org_id, name=name)
    found = every_model(by.org_id).models.get(name)
    if found is None:
        transaction.set_rollback(True)
        raise InvalidChange(
            {"name": ["It does not say whose model it is: put a provider and / before it."]}
        )
    _record("model", name, by, None, _said(_traits(found.spec)) | {"provider": found.spec.provider})
    return found.spec


@transaction.atomic
def add_price(
    model: str,
    starts_at: datetime,
    usd: Mapping[str, Decimal | None],
    reason: str,
    by: Actor,
) -> PriceOverride:
    """Enter what a model costs from a moment on, in dollars per million tokens by class.

    Past moments may be given: calls of the past keep what they were charged until they are
    priced anew. Raises: InvalidChange.
    """
    _known(model, by)
    row = PriceOverride(
        org_id=by.org_id,
        model=model,
        starts_at=starts_at,
        reason=reason,
        created_at=by.now,
        created_by=by.name[:150],
        **{f"{name}_usd": usd.get(name) for name in CLASSES},
    )
    row.save()
    said = {f"{name}_usd": str(usd[name]) for name in CLASSES if usd.get(name) is not None}
    _record("price", model, by, None, said | {"starts_at": starts_at, "reason": reason})
    return row


def _known(name: str, by: Actor) -> KnownModel:
    found = every_model(by.org_id).models.get(name)
    if found is None:
        raise InvalidChange({"model": [f"There is no model {name}."]})
    return found


def _traits(spec: ModelSpec) -> Traits:
    return Traits(
        spec.tier,
        spec.task_types,
        spec.context_window,
        spec.max_output_tokens,
        spec.region,
        spec.tags,
    )


def _said(traits: Traits) -> dict[str, Any]:
    return {
        "tier": traits.tier,
        "task_types": sorted(traits.task_types),
        "context_window": traits.context_window,
        "max_output_tokens": traits.max_output_tokens,
        "region": traits.region,
        "tags": sorted(traits.tags),
    }


def _record(
    what: str, name: str, by: Actor, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    record_change(
        what, name, actor=by.name, at=by.now, before=before, after=after, org_id=by.org_id
    )
