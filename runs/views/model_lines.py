"""A model with its prices and health, as pages of settings show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from routing.core.breaker import CLOSED
from routing.core.pricing import Prices
from routing.selectors.market import OfferedModel
from runs.views.market_forms import dollars

SHOWN_CLASSES = {
    "input": "Input",
    "output": "Output",
    "cache_read": "Cache read",
    "cache_write": "Cache write",
    "reasoning": "Reasoning",
}
SOURCES = {
    "org": "your organisation",
    "house": "the house",
    "catalogue": "the catalogue",
    "list": "litellm's price list",
}


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model as it is shown: prices in dollars per million tokens, health in one word."""

    one: OfferedModel

    @property
    def name(self) -> str:
        return self.one.known.spec.name

    @property
    def source(self) -> str:
        return SOURCES[self.one.price.source]

    @property
    def health(self) -> str:
        state = self.one.breaker.state
        return "healthy" if state == CLOSED else "failing" if state == "OPEN" else "recovering"

    @property
    def rates(self) -> list[tuple[str, str]] | None:
        """Return label and price by class; None: no price is known."""
        return rates_of(self.one.price.prices)

    @property
    def steps(self) -> list[tuple[int, list[tuple[str, str]]]]:
        """Return what replaces the prices above so many input tokens."""
        prices = self.one.price.prices
        return [(at, _rates(rates)) for at, rates in prices.steps] if prices else []


def rates_of(prices: Prices | None) -> list[tuple[str, str]] | None:
    """Return label and price by class; None: unknown."""
    return None if prices is None else _rates(prices.base)


def _rates(rates: Any) -> list[tuple[str, str]]:
    return [(label, dollars(getattr(rates, name))) for name, label in SHOWN_CLASSES.items()]
