"""The models and providers that are known: the catalogue file, the environment, and the rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from routing import conf
from routing.core.catalog import Catalogue, ModelSpec, ProviderSpec
from routing.core.catalog_file import InvalidCatalogue, parse_catalogue
from routing.core.overlay import overlay
from routing.models import Model
from routing.selectors.price_map import price_entry

logger = logging.getLogger(__name__)

FILE = Path(__file__).resolve().parent.parent / "catalogue.toml"
ROW_FIELDS = (
    "name",
    "provider",
    "litellm_name",
    "tier",
    "task_types",
    "context_window",
    "max_output_tokens",
    "reasoning",
    "region",
    "tags",
    "priced_as",
    "enabled",
)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue file, read once a process."""
    return parse_catalogue(FILE.read_text(encoding="utf-8"))


def known_models() -> Catalogue:
    """Return all models that are switched on, whether or not their provider can be reached.

    A row or variable that makes no sense is left out and said so in the log: one bad entry
    must not stop every call.
    """
    models = dict(catalogue().models)
    providers = dict(catalogue().providers)
    for row in _rows():
        name = row["name"]
        spec = _merged(name, row, models.pop(name, None), providers)
        if spec is not None and row.get("enabled", True):
            models[name] = spec
    return Catalogue(providers, models)


def _rows() -> Iterable[dict[str, Any]]:
    for name, price in conf.extra_models().items():
        yield {"name": name, "price_usd": _price(name, price)}
    yield from Model.objects.order_by("name").values(*ROW_FIELDS)


def _merged(
    name: str, row: dict[str, Any], spec: ModelSpec | None, providers: dict[str, ProviderSpec]
) -> ModelSpec | None:
    key = row.get("priced_as") or row.get("litellm_name") or name
    try:
        merged, provider = overlay(name, row, spec, price_entry(key), providers)
    except (InvalidCatalogue, TypeError) as error:
        logger.warning("A model is left out: %s", error)
        return None
    providers[provider.name] = provider
    return merged


def _price(name: str, price: tuple[str, str] | None) -> tuple[Decimal, Decimal] | None:
    if price is None:
        return None
    try:
        dollars = Decimal(price[0]), Decimal(price[1])
    except InvalidOperation:
        dollars = Decimal("NaN"), Decimal("NaN")
    if not all(amount.is_finite() and amount >= 0 for amount in dollars):
        logger.warning("EXTRA_MODELS: the price of %s is not IN/OUT in dollars", name)
        return None
    return dollars
