"""litellm's price map, read from the installed package without importing it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from routing.core.pricing import Prices, prices_from_map

FILE = "model_prices_and_context_window_backup.json"
# All of it takes 30 MB a process; prices and sizes take a third.
KEPT_PREFIXES = ("input_cost_per_token", "output_cost_per_", "cache_", "max_")
KEPT_KEYS = ("litellm_provider", "supports_reasoning")


def price_entry(key: str) -> Mapping[str, Any] | None:
    """Return the map's entry under this key, with or without its adapter's prefix."""
    entries = _entries()
    return entries.get(key) or entries.get(key.partition("/")[2])


def listed_names() -> Iterator[str]:
    """Yield the names of models that are priced by tokens."""
    for name, entry in _entries().items():
        if "input_cost_per_token" in entry and "output_cost_per_token" in entry:
            yield name


@cache
def listed_prices(key: str) -> Prices | None:
    """Return the list prices of a model; None where the map does not know them."""
    return prices_from_map(price_entry(key))


@cache
def _entries() -> dict[str, dict[str, Any]]:
    whole = json.loads(_path().read_bytes(), parse_float=Decimal)
    return {
        model: {key: value for key, value in entry.items() if _is_kept(key)}
        for model, entry in whole.items()
    }


def _path() -> Path:
    found = importlib.util.find_spec("litellm")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("litellm is not installed: no prices are known")
    return Path(found.submodule_search_locations[0]) / FILE


def _is_kept(key: str) -> bool:
    return key.startswith(KEPT_PREFIXES) or key in KEPT_KEYS
