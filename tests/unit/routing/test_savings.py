"""What a month did save."""

from __future__ import annotations

from typing import Any

import pytest

from routing.core.savings import Moved, Price, realised

PRICE = Price(cost_nanousd=5_000, accepted=50, error=4.0, n=50)


def moved(**overrides: Any) -> Moved:
    fields: dict[str, Any] = {
        "ratio": 1.0, "n": 3, "accepted": 2, "cost_nanousd": 120, "residual": 9_000.0,
        "scored": 2, "score_sum": 1.4,
    }  # fmt: skip
    return Moved(**(fields | overrides))


def test_the_same_results_are_taken_to_have_cost_what_they_did_before():
    saved = realised([moved()], PRICE)
    assert (saved.tasks, saved.spent_nanousd, saved.expected_nanousd) == (2, 120, 200)
    assert saved.saving.value == 80
    assert saved.saving.low < 80 < saved.saving.high
    assert saved.quality_mean == pytest.approx(0.7)


def test_only_what_was_moved_counts():
    half = moved(ratio=0.5, n=4, accepted=4)
    saved = realised([half], PRICE)
    assert (saved.tasks, saved.spent_nanousd, saved.expected_nanousd) == (2, 60, 200)
    saved = realised([half, moved()], PRICE)
    assert (saved.tasks, saved.spent_nanousd, saved.expected_nanousd) == (4, 180, 400)


def test_what_was_half_moved_is_half_as_unsure():
    price = Price(cost_nanousd=5_000, accepted=50, error=0.0, n=50)
    whole, half = (realised([moved(ratio=ratio)], price).saving for ratio in (1.0, 0.5))
    assert half.high - half.low == pytest.approx((whole.high - whole.low) / 2)


def test_money_that_no_float_holds_is_told_to_the_last_nano_dollar():
    spent = 9_007_199_254_740_993
    price = Price(cost_nanousd=spent, accepted=3, error=0.0, n=50)
    saved = realised([moved(cost_nanousd=spent, accepted=3)], price)
    assert (saved.spent_nanousd, saved.expected_nanousd) == (spent, spent)


def test_a_month_of_nothing_saved_nothing():
    saved = realised([], PRICE)
    assert (saved.tasks, saved.saving.value, saved.quality_mean) == (0, 0, None)


@pytest.mark.parametrize("less_sure", [{"error": 20.0}, {"n": 2}])
def test_a_price_that_is_less_sure_makes_a_saving_less_sure(less_sure: dict[str, Any]):
    month = [moved(n=20)]
    known = {"cost_nanousd": 5_000, "accepted": 50, "error": 1.0, "n": 50}
    sure, unsure = (realised(month, Price(**one)) for one in (known, known | less_sure))
    assert unsure.saving.high - unsure.saving.low > sure.saving.high - sure.saving.low
