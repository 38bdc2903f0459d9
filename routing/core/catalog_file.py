"""The catalogue file: one TOML line per provider and per model, read into specifications.

Invariant: a line is taken whole or refused by name; an unknown field is never overlooked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from routing.core.catalog import TASK_TYPES, TIERS, Catalogue, ModelSpec, ProviderSpec

PROVIDER_FIELDS = frozenset(
    ["api_key_env", "api_base_env", "api_base_path", "region", "tags", "required_env", "simulated"]
)
MODEL_FIELDS = frozenset(
    [
        "provider",
        "litellm",
        "tier",
        "task_types",
        "window",
        "max_output",
        "reasoning",
        "region",
        "tags",
        "priced_as",
        "price",
    ]
)


class InvalidCatalogue(ValueError):
    """Tell which entry of the catalogue is wrong, and how."""


def parse_catalogue(text: str) -> Catalogue:
    """Return the catalogue that a TOML text describes.

    Raises: InvalidCatalogue, naming the entry.
    """
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InvalidCatalogue(f"not TOML: {error}") from error
    providers = {
        name: provider_from(name, entry) for name, entry in data.get("providers", {}).items()
    }
    models = {
        name: model_from(name, entry, providers) for name, entry in data.get("models", {}).items()
    }
    return Catalogue(providers, models)


def provider_from(name: str, entry: Mapping[str, Any]) -> ProviderSpec:
    """Return the provider that one line describes."""
    _refuse_unknown(name, entry, PROVIDER_FIELDS)
    key = entry.get("api_key_env")
    return ProviderSpec(
        name=name,
        api_key_env=key,
        api_base_env=entry.get("api_base_env"),
        region=entry.get("region", ""),
        tags=frozenset(entry.get("tags", ())),
        api_base_path=entry.get("api_base_path", ""),
        required_env=tuple(entry.get("required_env", (key,) if key else ())),
        simulated=entry.get("simulated", False),
    )


def default_provider(name: str) -> ProviderSpec:
    """Return how a provider is reached that no line describes: by `<NAME>_API_KEY`."""
    key = f"{name.upper().replace('-', '_')}_API_KEY"
    return ProviderSpec(name=name, api_key_env=key, required_env=(key,))


def model_from(
    name: str, entry: Mapping[str, Any], providers: Mapping[str, ProviderSpec]
) -> ModelSpec:
    """Return the model that one line describes; region and tags come from its provider.

    Raises: InvalidCatalogue for an unknown provider, tier, task type or field.
    """
    _refuse_unknown(name, entry, MODEL_FIELDS)
    provider = providers.get(entry.get("provider", ""))
    if provider is None:
        raise InvalidCatalogue(f"{name}: unknown provider {entry.get('provider')!r}")
    litellm_name = entry.get("litellm", name)
    return ModelSpec(
        name=name,
        provider=provider.name,
        litellm_name=litellm_name,
        tier=_one_of(name, "tier", entry.get("tier", "standard"), TIERS),
        task_types=_task_types(name, entry.get("task_types")),
        context_window=_positive(name, "window", entry.get("window")),
        max_output_tokens=_positive(name, "max_output", entry.get("max_output")),
        reasoning=bool(entry.get("reasoning", False)),
        region=entry.get("region", provider.region),
        tags=frozenset(entry.get("tags", provider.tags)),
        simulated=provider.simulated,
        priced_as=entry.get("priced_as", litellm_name),
        price_usd=_price(name, entry.get("price")),
    )


def _refuse_unknown(name: str, entry: Mapping[str, Any], known: Iterable[str]) -> None:
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise InvalidCatalogue(f"{name}: unknown field {unknown[0]!r}")


def _one_of(name: str, field: str, value: Any, allowed: Iterable[str]) -> str:
    if value not in allowed:
        raise InvalidCatalogue(f"{name}: {field} {value!r} is none of {', '.join(sorted(allowed))}")
    return str(value)


def _task_types(name: str, value: Any) -> frozenset[str]:
    if value is None:
        return TASK_TYPES
    return frozenset(_one_of(name, "task type", item, TASK_TYPES) for item in value)


def _positive(name: str, field: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise InvalidCatalogue(f"{name}: {field} must be a positive number of tokens")
    return value


def _price(name: str, value: Any) -> tuple[Decimal, Decimal] | None:
    if value is None:
        return None
    try:
        prices = (Decimal(value["input"]), Decimal(value["output"]))
    except (KeyError, TypeError, ArithmeticError) as error:
        raise InvalidCatalogue(f"{name}: price needs input and output, in dollars") from error
    if not all(price.is_finite() and price >= 0 for price in prices):
        raise InvalidCatalogue(f"{name}: a price cannot be negative or endless")
    return prices
