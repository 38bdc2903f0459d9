"""A model of the catalogue as an operator's row changes it, or as the row alone describes it.

Invariant: what the row leaves empty comes from the catalogue's line, else from the price map.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from routing.core.catalog import TASK_TYPES, TIERS, ModelSpec, ProviderSpec
from routing.core.catalog_file import InvalidCatalogue, default_provider

# Where an adapter of litellm is called otherwise than the provider it reaches.
PROVIDER_OF_ADAPTER = {"gemini": "google"}
# Sizes of a model that neither row nor price map knows: small enough to be safe anywhere.
UNKNOWN_WINDOW = 8_192
UNKNOWN_OUTPUT = 4_096
SIMULATED = "sim"
COMPATIBLE = "compatible"
# Fields of a row that are taken as they are, if they are not empty.
PLAIN_FIELDS = (
    "litellm_name",
    "tier",
    "context_window",
    "max_output_tokens",
    "region",
    "priced_as",
    "price_usd",
)


def overlay(
    name: str,
    row: Mapping[str, Any],
    spec: ModelSpec | None,
    entry: Mapping[str, Any] | None,
    providers: Mapping[str, ProviderSpec],
) -> tuple[ModelSpec, ProviderSpec]:
    """Return the model that `row` makes of `spec` (None: a new one), and its provider.

    `entry` is the price map's, None where it has none. A provider that no line describes is
    reached by its conventional key.

    Raises: InvalidCatalogue, naming the model.
    """
    start = spec or guess(name, entry)
    provider_name = row.get("provider") or start.provider
    if not provider_name:
        raise InvalidCatalogue(f"{name}: whose model it is must be said")
    provider = providers.get(provider_name) or default_provider(provider_name)
    if provider.simulated != name.startswith(f"{SIMULATED}/"):
        raise InvalidCatalogue(f"{name}: simulated models, and no others, are named sim/...")
    given = {key: row[key] for key in PLAIN_FIELDS if row.get(key)}
    if row.get("reasoning") is not None:
        given["reasoning"] = row["reasoning"]
    changed = replace(
        start,
        provider=provider.name,
        simulated=provider.simulated,
        task_types=_names(row.get("task_types"), start.task_types),
        tags=_names(row.get("tags"), start.tags if spec else provider.tags),
        **{"region": start.region if spec else provider.region, **given},
    )
    _check(changed)
    return changed, provider


def guess(name: str, entry: Mapping[str, Any] | None) -> ModelSpec:
    """Return what a model's name and its entry in the price map tell of it."""
    entry = entry or {}
    provider, litellm_name, priced_as = _identity(name, str(entry.get("litellm_provider", "")))
    return ModelSpec(
        name=name,
        provider=provider,
        litellm_name=litellm_name,
        tier="standard",
        task_types=TASK_TYPES,
        context_window=_size(entry, "max_input_tokens", UNKNOWN_WINDOW),
        max_output_tokens=_size(entry, "max_output_tokens", UNKNOWN_OUTPUT),
        reasoning=entry.get("supports_reasoning") is True,
        region="",
        tags=frozenset(),
        simulated=False,
        priced_as=priced_as,
    )


def _identity(name: str, adapter: str) -> tuple[str, str, str]:
    """Return provider, litellm name and key of the price map."""
    prefix, slash, rest = name.partition("/")
    provider = PROVIDER_OF_ADAPTER.get(adapter, adapter)
    if prefix == COMPATIBLE:  # its address is the operator's, so no list price holds there
        return COMPATIBLE, f"openai/{rest}", ""
    if prefix == SIMULATED:
        return f"sim-{provider}", f"{adapter}/{rest}", f"{adapter}/{rest}"
    if not slash:
        return provider, f"{adapter}/{name}", name
    return PROVIDER_OF_ADAPTER.get(prefix, prefix), name, name


def _size(entry: Mapping[str, Any], key: str, unknown: int) -> int:
    value = entry.get(key)
    return value if isinstance(value, int) and value > 0 else unknown


def _names(value: Any, otherwise: frozenset[str]) -> frozenset[str]:
    return otherwise if value is None else frozenset(map(str, value))


def _check(spec: ModelSpec) -> None:
    if spec.tier not in TIERS:
        raise InvalidCatalogue(f"{spec.name}: tier {spec.tier!r} is none of {', '.join(TIERS)}")
    unknown = sorted(spec.task_types - TASK_TYPES)
    if unknown:
        raise InvalidCatalogue(f"{spec.name}: unknown task type {unknown[0]!r}")
