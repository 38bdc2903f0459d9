"""What a run will cost before it starts: expected, with an 80 % interval, and the risk.

Invariant: 0 <= low <= expected <= high. A forecast is an estimate, so it is computed in Decimal
and only its results are whole nano-dollars; low rounds down, the others up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from budgets.core.money import ceil_nanousd

# Half of an 80 % interval in standard deviations. Source: normal quantile at 0.9.
_Z = Decimal("1.2816")
# Steps of one run share a model and a subject, so their errors lean the same way.
CORRELATION = Decimal("0.3")
# Seen calls that weigh as much as what prices alone suggest.
PRIOR_CALLS = 5
# Where in its range a call's cost is expected while nothing was learned: models rarely use the
# whole output they are allowed.
_PRIOR_SHARE = Decimal("0.35")
_PRIOR_SPREAD = Decimal("0.25")


class Risk(StrEnum):
    """How much of the free money a run may take."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


RISK_MEDIUM_PERCENT = 50
RISK_HIGH_PERCENT = 90


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of one step in nano-dollars: what is expected, and its standard deviation."""

    expected_nanousd: Decimal
    sd_nanousd: Decimal


@dataclass(frozen=True, slots=True)
class Forecast:
    """The cost of a run; eight of ten end between low and high."""

    expected_nanousd: int
    low_nanousd: int
    high_nanousd: int


def from_prices(low_nanousd: int, high_nanousd: int, times: int = 1) -> Estimate:
    """Estimate calls from prices alone.

    `low` is the cost of the input, `high` that plus all the output allowed; `times` such calls.
    """
    width = Decimal(high_nanousd - low_nanousd)
    expected = low_nanousd + _PRIOR_SHARE * width
    return Estimate(expected * times, _PRIOR_SPREAD * width * times)


def learned(prior: Estimate, calls: int, mean_nanousd: Decimal, sd_nanousd: Decimal) -> Estimate:
    """Move an estimate toward what was seen, the more the more calls were.

    The spread keeps what lies between prior and mean, so that a disagreement shows.
    """
    weight = Decimal(calls) / (calls + PRIOR_CALLS)
    expected = weight * mean_nanousd + (1 - weight) * prior.expected_nanousd
    between = weight * (1 - weight) * (mean_nanousd - prior.expected_nanousd) ** 2
    variance = weight * sd_nanousd**2 + (1 - weight) * prior.sd_nanousd**2 + between
    return Estimate(expected, variance.sqrt())


def forecast(steps: Iterable[Estimate]) -> Forecast:
    """Add the steps of a run up. Costs are skewed to the right: the interval is log-normal."""
    steps = list(steps)
    expected = sum((step.expected_nanousd for step in steps), Decimal(0))
    apart = sum((step.sd_nanousd**2 for step in steps), Decimal(0))
    together = sum((step.sd_nanousd for step in steps), Decimal(0)) ** 2
    variance = (1 - CORRELATION) * apart + CORRELATION * together
    if not expected or not variance:
        whole = ceil_nanousd(expected)
        return Forecast(whole, whole, whole)
    shape = (1 + variance / expected**2).ln()
    median, reach = expected.ln() - shape / 2, _Z * shape.sqrt()
    high = max((median + reach).exp(), expected)
    low = min((median - reach).exp(), expected)
    return Forecast(ceil_nanousd(expected), int(low), ceil_nanousd(high))


def risk_of(forecast: Forecast, free_nanousd: int | None) -> Risk:
    """Compare the upper end with what is free, since that is what may have to be there.

    None: nothing limits it.
    """
    if free_nanousd is None or forecast.high_nanousd == 0:
        return Risk.LOW
    share = 100 * forecast.high_nanousd
    if share < RISK_MEDIUM_PERCENT * free_nanousd:
        return Risk.LOW
    return Risk.MEDIUM if share < RISK_HIGH_PERCENT * free_nanousd else Risk.HIGH
