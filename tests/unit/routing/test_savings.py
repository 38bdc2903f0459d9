"""What a month did save."""

from __future__ import annotations

import pytest

from routing.core.savings import Moved, Price, realised

PRICE = Price(nanousd=100.0, error=4.0, n=50)


def test_the_same_results_are_taken_to_have_cost_what_they_did_before():
    saved = realised([Moved(30, True, 0.9), Moved(40, False, 0.5), Moved(50, True, None)], PRICE)
    assert (saved.tasks, saved.spent_nanousd, saved.expected_nanousd) == (2, 120, 200)
    assert saved.saving.value == 80
    assert saved.saving.low < 80 < saved.saving.high
    assert saved.quality_mean == pytest.approx(0.7)


def test_only_what_was_moved_counts():
    saved = realised([Moved(30, True, 0.9, ratio=0.5)] * 4, PRICE)
    assert (saved.tasks, saved.spent_nanousd, saved.expected_nanousd) == (2, 60, 200)


def test_a_month_of_nothing_saved_nothing():
    saved = realised([], PRICE)
    assert (saved.tasks, saved.saving.value, saved.quality_mean) == (0, 0, None)


def test_a_price_that_is_less_sure_makes_a_saving_less_sure():
    month = [Moved(30, True, 0.9)] * 20
    sure, unsure = (realised(month, Price(100.0, error, 50)) for error in (1.0, 20.0))
    assert unsure.saving.high - unsure.saving.low > sure.saving.high - sure.saving.low
