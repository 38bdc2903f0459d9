"""What a tuned model brought, against what was estimated."""

from __future__ import annotations

from datetime import date

import pytest

from runs.core.tuning.interval import Range
from runs.core.tuning.returns import Month, months_between, returns, saved

PRESENT = Range(100.0, 80.0, 120.0)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def test_a_month_saves_what_its_tasks_would_have_cost_less_what_they_did():
    expected, saving = saved(Month(OCTOBER, 10, 300, 0.9), PRESENT, 50)
    assert expected == 1_000
    assert (saving.low, saving.value, saving.high) == (450.0, 650.0, 850.0)


def test_months_pay_for_the_training_one_after_the_other():
    months = [Month(OCTOBER, 10, 300, 0.9), Month(NOVEMBER, 20, 600, None)]
    found = returns(months, PRESENT, training_nanousd=1_000, hosting_nanousd=0)
    assert [one.left_nanousd for one in found] == [300, -1_100]
    assert [one.has_paid for one in found] == [False, True]


def test_a_month_without_tasks_costs_its_hosting():
    (one,) = returns([Month(OCTOBER, 0, 0, None)], PRESENT, training_nanousd=10, hosting_nanousd=5)
    assert one.saving == Range(-5.0, -5.0, -5.0)
    assert one.left_nanousd == 15


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 11, 30), date(2026, 11, 30), [NOVEMBER]),
        (date(2026, 10, 31), date(2026, 11, 1), [OCTOBER, NOVEMBER]),
        (
            date(2026, 12, 5),
            date(2027, 2, 1),
            [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)],
        ),
    ],
)
def test_months_are_counted_from_their_first_day(first: date, last: date, expected: list[date]):
    assert months_between(first, last) == expected
