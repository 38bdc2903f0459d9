"""What limits, raises and thresholds may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from budgets.core.errors import InvalidChange
from budgets.core.limits import (
    ActiveRaise,
    Raised,
    check_limit,
    check_raise,
    raised_at,
    read_thresholds,
)
from budgets.core.money import MAX_NANOUSD, NANOUSD_PER_USD

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_raises_count_until_the_moment_they_expire() -> None:
    raises = [ActiveRaise(5, NOW + DAY), ActiveRaise(3, NOW + 2 * DAY)]
    assert raised_at(raises, NOW) == Raised(8, NOW + DAY)
    assert raised_at(raises, NOW + DAY) == Raised(3, NOW + 2 * DAY)
    assert raised_at(raises, NOW + 2 * DAY) == Raised()


def test_a_limit_fits_what_is_committed_with_the_help_of_raises() -> None:
    check_limit(10, 10)
    check_limit(4, 10, raised_nanousd=6)
    with pytest.raises(InvalidChange, match="cancel runs"):
        check_limit(3, 10, raised_nanousd=6)


@pytest.mark.parametrize("limit", [-1, MAX_NANOUSD + 1])
def test_a_limit_no_column_holds_is_refused(limit: int) -> None:
    with pytest.raises(InvalidChange, match="between 0"):
        check_limit(limit, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_nanousd": 0}, "amount_usd"),
        ({"amount_nanousd": -5}, "amount_usd"),
        ({"amount_nanousd": MAX_NANOUSD}, "amount_usd"),
        ({"reason": " \n"}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW + 400 * DAY}, "expires_at"),
    ],
)
def test_a_raise_as_it_must_not_be_is_refused_by_field(changes: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {
        "amount_nanousd": NANOUSD_PER_USD,
        "reason": "launch",
        "expires_at": NOW + DAY,
        "now": NOW,
        "limit_nanousd": 1,
    }
    check_raise(**given)
    with pytest.raises(InvalidChange) as refused:
        check_raise(**given | changes)
    assert list(refused.value.errors) == [field]


def test_thresholds_are_put_in_order_each_once() -> None:
    assert read_thresholds([100, 50, 100]) == [50, 100]
    assert read_thresholds([]) == []


@pytest.mark.parametrize("values", [[0], [1001], ["50"], [50.0], [True], list(range(1, 22))])
def test_what_is_no_list_of_percentages_is_refused(values: list[Any]) -> None:
    with pytest.raises(InvalidChange):
        read_thresholds(values)
