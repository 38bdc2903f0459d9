"""What the single fields of an invoice's row say: a class of tokens, a day, a count, a cost.

Invariant: a field is read whole or refused by a sentence; an empty one tells nothing.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from routing.core.pricing import NANO_PER_DOLLAR

MAX_USD = Decimal(1_000_000_000)
MAX_TOKENS = 10**15
_CLASS_WORDS = (
    ("cache_write", ("cache write", "cache creation", "cached write")),
    ("cache_read", ("cache read", "cached", "cache hit")),
    ("output", ("output", "completion", "reasoning", "thinking")),
    ("input", ("input", "prompt", "uncached")),
)


def split_class(text: str) -> tuple[str, str]:
    """Return a model's name and what names a class behind it; empty: nothing does."""
    found = re.search(r"\s+(cached|input|output|text|cache)\b", text, re.IGNORECASE)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")


def class_of(text: str) -> str:
    """Return the class of tokens that a text names; total: it names none."""
    plain = text.lower().replace("_", " ").replace("-", " ")
    if "no cache" in plain:
        return "input"
    for name, words in _CLASS_WORDS:
        if any(word in plain for word in words):
            return name
    return "total"


def day_of(text: str) -> date | None:
    """Return the day. Raises: ValueError, as a sentence."""
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError(f"{text[:20]!r} is not a day such as 2026-11-26.") from None


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "").removeprefix("$"))
    except InvalidOperation:
        raise ValueError(f"{text[:20]!r} is not a number.") from None
    if not number.is_finite():
        raise ValueError(f"{text[:20]!r} is not a number.")
    return number


def tokens_of(text: str) -> int | None:
    """Return the number of tokens. Raises: ValueError, as a sentence."""
    if not text:
        return None
    number = _number(text)
    if not 0 <= number <= MAX_TOKENS:
        raise ValueError("a number of tokens lies between 0 and a million milliards.")
    return int(number)


def cost_of(text: str) -> int | None:
    """Return the cost in nano-dollars. Raises: ValueError, as a sentence."""
    if not text:
        return None
    number = _number(text)
    if abs(number) > MAX_USD:
        raise ValueError("a cost is at most a billion dollars.")
    return round(number * NANO_PER_DOLLAR)
