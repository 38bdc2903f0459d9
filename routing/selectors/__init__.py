"""What routing knows, read from the catalogue, the price map and the database."""

from __future__ import annotations

from routing.selectors.known_models import known_models
from routing.selectors.price_map import price_entry
from routing.selectors.snapshot import snapshot

__all__ = ["known_models", "price_entry", "snapshot"]
