"""What a call costs, from a price-map entry and the tokens it used.

Invariant: a cost is rounded up to whole nano-dollars, and what has no known price has no
cost (None), never zero. Prices are Decimal nano-dollars a token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import ROUND_CEILING, Decimal
from typing import Any

from routing.core.request import Usage

NANO_PER_DOLLAR = Decimal(1_000_000_000)
# Dollars per million tokens to nano-dollars per token.
NANO_PER_TOKEN_AT_ONE_DOLLAR_A_MILLION = Decimal(1000)

# Source: litellm `model_prices_and_context_window_backup.json` (1.106): the base names, and the
# suffix of long-lived cache writes (1 hour at Anthropic, 12 hours at OpenAI).
FIELD_OF_KEY = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_long",
    "cache_creation_input_token_cost_above_12hr": "cache_write_long",
    "output_cost_per_reasoning_token": "reasoning",
}
STEP_SUFFIX = re.compile(r"_above_(\d+)k_tokens$")


@dataclass(frozen=True, slots=True)
class Rates:
    """Hold the price of one token of each class, in nano-dollars."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal
    cache_write_long: Decimal
    reasoning: Decimal


@dataclass(frozen=True, slots=True)
class Prices:
    """Hold the rates of a model: the base, and what replaces it above so many input tokens.

    `steps` is in ascending order of the threshold. A request above a threshold pays the
    step's rates for all of its tokens.
    """

    base: Rates
    steps: tuple[tuple[int, Rates], ...] = ()

    def at(self, input_tokens: int) -> Rates:
        """Return the rates that a request of this many input tokens pays."""
        rates = self.base
        for threshold, step in self.steps:
            if input_tokens > threshold:
                rates = step
        return rates


def prices_from_map(entry: Mapping[str, Any] | None) -> Prices | None:
    """Return the prices of one entry of litellm's price map.

    None: the entry is missing, or has no price for input or for output tokens.
    """
    if entry is None:
        return None
    levels: dict[int, dict[str, Decimal]] = {0: {}}
    for key, value in entry.items():
        threshold, field = _place(key)
        if field is not None and isinstance(value, (int, Decimal)):
            levels.setdefault(threshold, {})[field] = Decimal(value) * NANO_PER_DOLLAR
    base = levels.pop(0)
    if "input" not in base or "output" not in base:
        return None
    rates = [(0, _rates(base))]
    for threshold in sorted(levels):
        rates.append((threshold, _stepped(rates[-1][1], levels[threshold])))
    return Prices(rates[0][1], tuple(rates[1:]))


def flat_prices(input_usd: Decimal, output_usd: Decimal, **others: Decimal | None) -> Prices:
    """Return prices given in dollars per million tokens, the same for every size of request.

    `others` are further token classes by their names in `Rates`; None: as if not given.
    """
    given = {"input": input_usd, "output": output_usd, **others}
    known = {
        name: value * NANO_PER_TOKEN_AT_ONE_DOLLAR_A_MILLION
        for name, value in given.items()
        if value is not None
    }
    return Prices(_rates(known))


def cost(prices: Prices, usage: Usage) -> int:
    """Return what a call with this usage costs, in nano-dollars, rounded up."""
    rates = prices.at(usage.input_tokens)
    read = min(usage.cache_read_tokens, usage.input_tokens)
    write = min(usage.cache_write_tokens, usage.input_tokens - read)
    long = min(usage.cache_write_long_tokens, write)
    reasoning = min(usage.reasoning_tokens, usage.output_tokens)
    return _round_up(
        (usage.input_tokens - read - write) * rates.input
        + read * rates.cache_read
        + (write - long) * rates.cache_write
        + long * rates.cache_write_long
        + (usage.output_tokens - reasoning) * rates.output
        + reasoning * rates.reasoning
    )


def upper_bound(prices: Prices, input_tokens: int, max_output_tokens: int) -> int:
    """Return the most that a call of this size can cost, in nano-dollars, rounded up.

    Long-lived cache writes are left out: no request of ours asks for them.
    """
    rates = prices.at(input_tokens)
    dearest_input = max(rates.input, rates.cache_write, rates.cache_read)
    dearest_output = max(rates.output, rates.reasoning)
    return _round_up(input_tokens * dearest_input + max_output_tokens * dearest_output)


def _place(key: str) -> tuple[int, str | None]:
    match = STEP_SUFFIX.search(key)
    if match is None:
        return 0, FIELD_OF_KEY.get(key)
    return int(match[1]) * 1000, FIELD_OF_KEY.get(key[: match.start()])


def _rates(known: Mapping[str, Decimal]) -> Rates:
    """Fill in what the map leaves out: a class without a price of its own is not free.

    The map writes a zero, too, where a provider has no separate price for cache writes or
    reasoning; that zero must not hide spend either.
    """
    write = known.get("cache_write") or known["input"]
    return Rates(
        input=known["input"],
        output=known["output"],
        cache_read=known.get("cache_read", known["input"]),
        cache_write=write,
        cache_write_long=known.get("cache_write_long") or write,
        reasoning=known.get("reasoning") or known["output"],
    )


def _stepped(below: Rates, known: Mapping[str, Decimal]) -> Rates:
    """Return the rates of a step: what it does not name rises as its own parent class does."""
    inferred = {
        field.name: getattr(below, field.name) * _rise(below, known, field.name)
        for field in fields(Rates)
    }
    return replace(below, **{**inferred, **known})


def _rise(below: Rates, known: Mapping[str, Decimal], name: str) -> Decimal:
    parent = "output" if name in ("output", "reasoning") else "input"
    old: Decimal = getattr(below, parent)
    return known[parent] / old if parent in known and old else Decimal(1)


def _round_up(amount: Decimal) -> int:
    return int(amount.to_integral_value(rounding=ROUND_CEILING))
