"""The models and providers that are known: the catalogue file, the environment, and the rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import F, Q

from routing import conf
from routing.core.catalog import Catalogue, ModelSpec, ProviderSpec
from routing.core.catalog_file import InvalidCatalogue, parse_catalogue
from routing.core.overlay import overlay
from routing.models import DisabledProvider, Model
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
    "org_id",
)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """Hold a model as one organisation knows it, and who has switched it off, if anybody."""

    spec: ModelSpec
    off_in_house: bool = False
    off_in_org: bool = False

    @property
    def enabled(self) -> bool:
        return not (self.off_in_house or self.off_in_org)


@dataclass(frozen=True, slots=True)
class KnownModels:
    """Hold all models and providers by name, also those that are switched off."""

    providers: Mapping[str, ProviderSpec]
    models: Mapping[str, KnownModel]
    off_providers: frozenset[str]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue file, read once a process."""
    return parse_catalogue(FILE.read_text(encoding="utf-8"))


def known_models(org_id: int | None = None) -> Catalogue:
    """Return all models that are switched on, whether or not their provider can be reached.

    `org_id`: as this organisation has them; None: as the house has.
    """
    every = every_model(org_id)
    on = {name: one.spec for name, one in every.models.items() if one.enabled}
    return Catalogue(every.providers, on)


def every_model(org_id: int | None = None) -> KnownModels:
    """Return all models, those that are switched off as well.

    A row or variable that makes no sense is left out and said so in the log: one bad entry
    must not stop every call.
    """
    models = {name: KnownModel(spec) for name, spec in catalogue().models.items()}
    providers = dict(catalogue().providers)
    for row in _rows(org_id):
        name = row["name"]
        before = models.pop(name, None)
        spec = _merged(name, row, None if before is None else before.spec, providers)
        if spec is not None:
            models[name] = _switched(spec, row, before)
    off = _off_providers(org_id)
    return KnownModels(
        providers,
        {
            name: replace(one, off_in_org=one.off_in_org or one.spec.provider in off)
            for name, one in models.items()
        },
        off,
    )


def _switched(spec: ModelSpec, row: dict[str, Any], before: KnownModel | None) -> KnownModel:
    off, of_org = not row.get("enabled", True), row.get("org_id") is not None
    was_off = before is not None and before.off_in_house
    return KnownModel(spec, was_off or (off and not of_org), off and of_org)


def _off_providers(org_id: int | None) -> frozenset[str]:
    if org_id is None:
        return frozenset()
    rows = DisabledProvider.objects.filter(org_id=org_id)
    return frozenset(rows.values_list("name", flat=True))


def _rows(org_id: int | None) -> Iterable[dict[str, Any]]:
    for name, price in conf.extra_models().items():
        yield {"name": name, "price_usd": _price(name, price)}
    # The house's first: an organisation changes what the house has.
    rows = Model.objects.filter(Q(org_id=None) | Q(org_id=org_id))
    yield from rows.order_by(F("org_id").asc(nulls_first=True), "name").values(*ROW_FIELDS)


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
