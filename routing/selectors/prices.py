"""What models cost at a moment: dated rows of the organisation and the house before the map's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q

from routing.core.catalog import ModelSpec
from routing.core.dated_prices import DatedPrice, price_at
from routing.core.pricing import Prices, flat_prices
from routing.models import PriceOverride
from routing.selectors.price_map import listed_prices

Dated = Mapping[str, list[DatedPrice]]


def dated_prices(org_id: int | None, model: str | None = None) -> Dated:
    """Return the dated prices by model. `org_id` None: the house's alone; `model` None: of all."""
    rows = PriceOverride.objects.filter(Q(org_id=None) | Q(org_id=org_id))
    found: dict[str, list[DatedPrice]] = defaultdict(list)
    for row in rows if model is None else rows.filter(model=model):
        found[row.model].append(dated_price(row))
    return found


def prices_at(
    models: Iterable[ModelSpec], now: datetime, org_id: int | None = None
) -> dict[str, Prices | None]:
    """Return each model's prices: a dated one, else its catalogue line's, else the map's."""
    return prices_from(dated_prices(org_id), models, now)


def prices_from(
    dated: Dated, models: Iterable[ModelSpec], now: datetime
) -> dict[str, Prices | None]:
    """Return each model's prices at a moment; None: unknown."""
    return {spec.name: price_of(spec, dated.get(spec.name, ()), now) for spec in models}


def price_of(spec: ModelSpec, dated: Iterable[DatedPrice], at: datetime) -> Prices | None:
    """Return the prices of one model at a moment; None: unknown."""
    found = price_at(dated, at)
    return own_prices(spec) if found is None else found.prices


def own_prices(spec: ModelSpec) -> Prices | None:
    """Return what a model costs where nobody entered a price: its line's, else the map's."""
    return flat_prices(*spec.price_usd) if spec.price_usd else listed_prices(spec.priced_as)


def dated_price(row: PriceOverride) -> DatedPrice:
    """Return a stored price as pricing reads it."""
    prices = flat_prices(
        row.input_usd,
        row.output_usd,
        cache_read=row.cache_read_usd,
        cache_write=row.cache_write_usd,
        cache_write_long=row.cache_write_long_usd,
        reasoning=row.reasoning_usd,
    )
    return DatedPrice(prices, row.starts_at, row.ends_at, row.org_id is not None, row.pk)
