"""Which of several dated prices holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from routing.core.dated_prices import DatedPrice, changes, next_change, price_at
from routing.core.pricing import flat_prices

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def price(
    usd: int, start: int, end: int | None = None, *, of_org: bool = False, entered: int = 1
) -> DatedPrice:
    """Return a price by days from now."""
    ends_at = None if end is None else NOW + end * DAY
    prices = flat_prices(Decimal(usd), Decimal(usd))
    return DatedPrice(prices, NOW + start * DAY, ends_at, of_org, entered)


OLD, NEW, LATER = price(1, -9), price(2, -3), price(3, 3)
OVER = price(4, -2, 0)
CASES = [
    ((), None),
    ((LATER,), None),
    ((OVER,), None),
    ((OLD, NEW, LATER, OVER), NEW),
    ((OLD, price(5, 0)), price(5, 0)),
    ((NEW, price(6, -20, of_org=True)), price(6, -20, of_org=True)),
    ((NEW, price(7, -3, entered=2)), price(7, -3, entered=2)),
]


@pytest.mark.parametrize(("dated", "holding"), CASES)
def test_the_price_that_holds_is_the_same_in_any_order(
    dated: tuple[DatedPrice, ...], holding: DatedPrice | None
) -> None:
    assert {price_at(order, NOW) for order in permutations(dated)} == {holding}


def test_the_next_change_is_the_first_beginning_or_end_after_now() -> None:
    assert changes([OLD, OVER]) == [NOW - 9 * DAY, NOW - 2 * DAY, NOW]
    assert next_change([OLD, OVER, LATER], NOW) == NOW + 3 * DAY
    assert next_change([OLD], NOW) is None
