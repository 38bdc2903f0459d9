from __future__ import annotations

from decimal import Decimal

import pytest

from budgets.core.charge import Charge
from routing.core.breaker import INCONCLUSIVE, PERMANENT, TRANSIENT
from routing.core.errors import (
    ContentRefused,
    ContextTooLong,
    PermanentModelError,
    RequestError,
    TransientError,
)
from routing.core.pricing import Prices, flat_prices
from routing.core.request import Usage
from routing.core.settlement import charge_for, charge_for_failure, health_after

PRICES = flat_prices(Decimal(1), Decimal(10))
USAGE = Usage(input_tokens=10, output_tokens=2)
COST, BOUND = 30_000, 99_000


@pytest.mark.parametrize(
    ("prices", "usage", "charge", "cost"),
    [
        (PRICES, USAGE, Charge.exact(COST), COST),
        (PRICES, None, Charge.unconfirmed(), BOUND),
        (None, USAGE, Charge.exact(0), None),
        (None, None, Charge.unconfirmed(), None),
    ],
)
def test_a_call_costs_what_its_tokens_do_or_all_it_may_have(
    prices: Prices | None, usage: Usage | None, charge: Charge, cost: int | None
) -> None:
    assert charge_for(prices, usage, BOUND) == (charge, cost)


@pytest.mark.parametrize(
    ("error", "charge", "cost"),
    [
        (TransientError("x", status=500, possibly_billed=False), Charge.released(), 0),
        (TransientError("x", status=None, possibly_billed=True), Charge.unconfirmed(), BOUND),
        (
            RequestError("x", status=200, possibly_billed=True, usage=USAGE),
            Charge.exact(COST),
            COST,
        ),
        (KeyError("ours"), Charge.unconfirmed(), BOUND),
    ],
)
def test_a_failure_costs_what_may_have_been_billed(
    error: Exception, charge: Charge, cost: int
) -> None:
    assert charge_for_failure(error, PRICES, BOUND) == (charge, cost)


@pytest.mark.parametrize(
    ("error", "cut_short", "health"),
    [
        (PermanentModelError("x", status=404, possibly_billed=False), False, PERMANENT),
        (TransientError("x", status=None, possibly_billed=True), False, TRANSIENT),
        (TransientError("x", status=None, possibly_billed=True), True, INCONCLUSIVE),
        (TransientError("x", status=503, possibly_billed=False), True, TRANSIENT),
        (RequestError("x", status=400, possibly_billed=False), False, INCONCLUSIVE),
        (ContextTooLong("x", status=400, possibly_billed=False), False, INCONCLUSIVE),
        (ContentRefused("x", status=200, possibly_billed=True), False, INCONCLUSIVE),
        (KeyError("ours"), False, INCONCLUSIVE),
    ],
)
def test_only_a_models_own_failures_count_against_it(
    error: Exception, cut_short: bool, health: str
) -> None:
    assert health_after(error, cut_short=cut_short) == health
