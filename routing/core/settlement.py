"""What a call that is over costs, and what its end says of its model's health.

Invariant: what may have been billed is charged, exactly where the tokens are known, else in full;
where the price is unknown the cost is None, never zero.
"""

from __future__ import annotations

from budgets.core.charge import Charge
from routing.core.breaker import INCONCLUSIVE, PERMANENT, TRANSIENT
from routing.core.errors import PermanentModelError, ProviderError, TransientError
from routing.core.pricing import Prices, cost
from routing.core.request import Usage


def charge_for(
    prices: Prices | None, usage: Usage | None, bound_nanousd: int
) -> tuple[Charge, int | None]:
    """Return what to take for a call that was billed, or may have been, and its cost.

    `usage` None: the provider did not tell.
    """
    if usage is None:
        return Charge.unconfirmed(), None if prices is None else bound_nanousd
    if prices is None:
        return Charge.exact(0), None
    amount = cost(prices, usage)
    return Charge.exact(amount), amount


def charge_for_failure(
    error: Exception, prices: Prices | None, bound_nanousd: int
) -> tuple[Charge, int | None]:
    """Return what to take for a call that gave no usable answer, and its cost.

    An error that is no provider's is ours, and leaves open what was billed.
    """
    if isinstance(error, ProviderError) and not error.possibly_billed:
        return Charge.released(), 0
    return charge_for(prices, getattr(error, "usage", None), bound_nanousd)


def health_after(error: Exception, *, cut_short: bool) -> str:
    """Return what a failure says of its model's health.

    `cut_short`: the run's own deadline left it less time than it was to have.
    """
    if isinstance(error, PermanentModelError):
        return PERMANENT
    if not isinstance(error, TransientError) or (cut_short and error.status is None):
        return INCONCLUSIVE
    return TRANSIENT
