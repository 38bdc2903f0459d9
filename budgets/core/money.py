"""Money as whole nano-dollars: reading, writing, rounding.

Invariant: no float ever stands for money, and a cost is only ever rounded up.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

from budgets.core.errors import InvalidAmount

NANOUSD_PER_USD = 1_000_000_000
# A billion dollars: nine such amounts still fit a signed 64-bit column.
MAX_NANOUSD = 1_000_000_000 * NANOUSD_PER_USD
_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")


def parse_usd(value: str | int | Decimal) -> int:
    """Read an amount in US dollars, such as "2.00", as nano-dollars.

    At most nine decimals, at most a billion dollars, never negative, no exponent.
    Raises: InvalidAmount.
    """
    text = _plain(value)
    if not _AMOUNT.fullmatch(text):
        raise InvalidAmount("an amount is written as dollars with at most nine decimals")
    whole, _, part = text.partition(".")
    nanousd = int(whole) * NANOUSD_PER_USD + int(part.ljust(9, "0"))
    if nanousd > MAX_NANOUSD:
        raise InvalidAmount("an amount is at most 1000000000 dollars")
    return nanousd


def _plain(value: str | int | Decimal) -> str:
    # A Decimal of 1e1000000 would expand to a megabyte of text: look at its size first.
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > 20:
            return ""
        return format(value, "f")
    if isinstance(value, int):
        return str(value) if abs(value) <= MAX_NANOUSD else ""
    return value


def format_usd(nanousd: int) -> str:
    """Write nano-dollars as dollars: at least two decimals, no needless zero after them."""
    sign = "-" if nanousd < 0 else ""
    whole, part = divmod(abs(nanousd), NANOUSD_PER_USD)
    decimals = f"{part:09d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{decimals}"


def format_usd_or_none(nanousd: int | None) -> str | None:
    """Write nano-dollars as dollars; None, an unknown cost, stays None."""
    return None if nanousd is None else format_usd(nanousd)


def ceil_nanousd(amount: Decimal) -> int:
    """Round an exact amount of nano-dollars up to a whole one."""
    return int(amount.to_integral_value(rounding=ROUND_CEILING))
