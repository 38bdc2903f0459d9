"""What a run will cost, and how risky that is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.core.forecast import (
    Estimate,
    Forecast,
    Risk,
    forecast,
    from_prices,
    learned,
    risk_of,
)

AMOUNTS = st.decimals(0, 10**12, places=2)
ESTIMATES = st.builds(Estimate, AMOUNTS, AMOUNTS)


def test_prices_alone_expect_part_of_the_output_allowed() -> None:
    assert from_prices(100, 1100) == Estimate(Decimal(450), Decimal(250))
    assert from_prices(100, 1100, times=3) == Estimate(Decimal(1350), Decimal(750))


def test_a_call_whose_cost_cannot_vary_is_certain() -> None:
    assert forecast([from_prices(500, 500)]) == Forecast(500, 500, 500)


def test_nothing_to_do_costs_nothing() -> None:
    assert forecast([]) == Forecast(0, 0, 0)
    assert forecast([Estimate(Decimal(0), Decimal(9))]) == Forecast(0, 0, 0)


@given(st.lists(ESTIMATES, max_size=8))
def test_the_interval_is_ordered_around_what_is_expected(steps: list[Estimate]) -> None:
    result = forecast(steps)
    assert 0 <= result.low_nanousd <= result.expected_nanousd <= result.high_nanousd


def test_many_steps_are_surer_than_one_but_not_independent() -> None:
    one = Estimate(Decimal(1000), Decimal(500))
    single, many = forecast([one]), forecast([one] * 16)
    spread = (many.high_nanousd - many.low_nanousd) / many.expected_nanousd
    alone = (single.high_nanousd - single.low_nanousd) / single.expected_nanousd
    assert alone / 4 < spread < alone


def test_the_interval_holds_eight_of_ten() -> None:
    """A log-normal with mean 1000 and deviation 500 has these deciles."""
    result = forecast([Estimate(Decimal(1000), Decimal(500))])
    assert result.low_nanousd == pytest.approx(488, abs=2)
    assert result.high_nanousd == pytest.approx(1640, abs=2)


def test_what_was_learned_counts_more_the_more_was_seen() -> None:
    prior = Estimate(Decimal(1000), Decimal(300))
    seen = [learned(prior, n, Decimal(200), Decimal(20)).expected_nanousd for n in (0, 5, 500)]
    assert seen[:2] == [Decimal(1000), Decimal(600)]
    assert Decimal(200) < seen[2] < Decimal(210)


def test_a_disagreement_with_the_prior_widens_the_estimate() -> None:
    prior = Estimate(Decimal(1000), Decimal(100))
    agreed = learned(prior, 5, Decimal(1000), Decimal(100))
    apart = learned(prior, 5, Decimal(200), Decimal(100))
    assert agreed.sd_nanousd == 100
    assert apart.sd_nanousd > 400


@pytest.mark.parametrize(
    ("high", "free", "risk"),
    [
        (49, 100, Risk.LOW),
        (50, 100, Risk.MEDIUM),
        (89, 100, Risk.MEDIUM),
        (90, 100, Risk.HIGH),
        (200, 100, Risk.HIGH),
        (1, 0, Risk.HIGH),
        (0, 0, Risk.LOW),
        (10**15, None, Risk.LOW),
    ],
)
def test_risk_compares_the_upper_end_with_what_is_free(
    high: int, free: int | None, risk: Risk
) -> None:
    assert risk_of(Forecast(0, 0, high), free) is risk
