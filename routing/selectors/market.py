"""Providers and models as one organisation has them, for those who look after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from routing import conf
from routing.core.breaker import HEALTHY, BreakerState
from routing.core.catalog import ProviderSpec
from routing.core.dated_prices import price_at
from routing.core.pricing import Prices
from routing.models import PriceOverride
from routing.selectors.known_models import KnownModel, every_model
from routing.selectors.price_map import listed_names
from routing.selectors.prices import Dated, dated_price, dated_prices, own_prices
from routing.selectors.snapshot import open_breakers

MOST_SUGGESTED = 20
MOST_PRICES = 100


@dataclass(frozen=True, slots=True)
class CurrentPrice:
    """Hold what a model costs now, and who says so: org, house or list.

    `since` None: since ever, as far as is known.
    """

    prices: Prices | None
    source: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """One model with what it costs now and how it is."""

    known: KnownModel
    price: CurrentPrice
    breaker: BreakerState


@dataclass(frozen=True, slots=True)
class OfferedProvider:
    """One provider with its models. `has_key` tells that its variables are set, never to what."""

    spec: ProviderSpec
    has_key: bool
    is_called: bool
    enabled: bool
    models: Sequence[OfferedModel]


def offered_providers(org_id: int, now: datetime) -> list[OfferedProvider]:
    """Return every provider with its models, by name; those that can be called first."""
    every, dated, breakers = every_model(org_id), dated_prices(org_id), open_breakers()
    called = conf.available(every.providers.values())
    models = [
        OfferedModel(one, current_price(one, dated, now), breakers.get(name, HEALTHY))
        for name, one in sorted(every.models.items())
    ]
    found = [
        OfferedProvider(
            spec,
            conf.has_key(spec),
            name in called,
            name not in every.off_providers,
            [one for one in models if one.known.spec.provider == name],
        )
        for name, spec in sorted(every.providers.items())
    ]
    return sorted(found, key=lambda one: not one.is_called)


def offered_model(org_id: int, name: str, now: datetime) -> OfferedModel | None:
    """Return one model; None: there is none of that name."""
    known = every_model(org_id).models.get(name)
    if known is None:
        return None
    price = current_price(known, dated_prices(org_id, name), now)
    return OfferedModel(known, price, open_breakers().get(name, HEALTHY))


def current_price(known: KnownModel, dated: Dated, now: datetime) -> CurrentPrice:
    """Return what a model costs at a moment, and who says so."""
    found = price_at(dated.get(known.spec.name, ()), now)
    if found is not None:
        return CurrentPrice(found.prices, "org" if found.of_org else "house", found.starts_at)
    source = "catalogue" if known.spec.price_usd else "list"
    return CurrentPrice(own_prices(known.spec), source, None)


@dataclass(frozen=True, slots=True)
class PastPrice:
    """One entry of the history of prices. `holds`: it is what counts now."""

    row: PriceOverride
    prices: Prices
    holds: bool


def price_history(org_id: int, model: str, now: datetime) -> list[PastPrice]:
    """Return what was entered for a model by the house and the organisation, the latest first."""
    dated = dated_prices(org_id, model).get(model, [])
    current = price_at(dated, now)
    rows = PriceOverride.objects.filter(model=model, org_id__in=[org_id])
    rows |= PriceOverride.objects.filter(model=model, org_id=None)
    return [
        PastPrice(row, dated_price(row).prices, current is not None and current.entered == row.pk)
        for row in rows.order_by("-starts_at", "-pk")[:MOST_PRICES]
    ]


def suggested_models(org_id: int, text: str) -> list[str]:
    """Return models that litellm has a price for, are not there yet, and whose names fit."""
    words = text.lower().split()
    there = every_model(org_id).models
    if not words:
        return []
    found = (
        name
        for name in listed_names()
        if name not in there and all(word in name.lower() for word in words)
    )
    return sorted(found, key=lambda name: (len(name), name))[:MOST_SUGGESTED]
