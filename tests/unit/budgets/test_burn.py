"""What a budget's last days say of its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.core.burn import Burn, LaterLimit, Outlook, burn_of

NOW = datetime(2026, 11, 20, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)


def burn(daily: list[int], spent: int = 0, limit: int = 1_000, ends_at: datetime | None = END):
    return burn_of(daily, spent_nanousd=spent, limit_nanousd=limit, now=NOW, ends_at=ends_at)


@pytest.mark.parametrize("daily", [[], [10], [10, 10]])
def test_fewer_than_three_days_name_no_date(daily: list[int]):
    assert burn(daily, spent=999) == Burn(Outlook.TOO_SOON)


def test_a_limit_that_is_reached_needs_no_history():
    assert burn([], spent=1_000) == Burn(Outlook.SPENT)


def test_a_week_without_spending_is_stale():
    assert burn([0] * 7, spent=10) == Burn(Outlook.STALE, per_day_nanousd=0)


def test_steady_spending_is_carried_on_to_the_end():
    assert burn([10, 10, 10], spent=200) == Burn(Outlook.WITHIN, 10, 310, 310, 310, None)


def test_money_runs_out_where_the_rate_meets_the_limit():
    found = burn([100] * 7, spent=600)
    assert found.outlook is Outlook.OVERRUN
    assert found.runs_out_at == NOW + timedelta(days=4)
    assert found.projected_nanousd == 1_700


def test_an_uneven_week_is_at_risk_before_its_mean_is():
    found = burn([0, 0, 200, 0, 0, 160, 40], spent=300)
    assert found.outlook is Outlook.AT_RISK
    assert found.projected_nanousd is not None
    assert found.high_nanousd is not None
    assert found.projected_nanousd < 1_000 < found.high_nanousd


def test_only_the_last_week_counts():
    assert burn([9_000, *[10] * 7]) == burn([10] * 7)


def test_a_budget_without_an_end_has_a_date_and_no_projection():
    assert burn([100] * 3, ends_at=None) == Burn(
        Outlook.OVERRUN, 100, runs_out_at=NOW + timedelta(days=10)
    )


def test_a_date_years_away_is_none():
    assert burn([1] * 3, ends_at=None) == Burn(Outlook.WITHIN, 1)


@given(
    st.lists(st.integers(0, 10**12), min_size=3, max_size=9),
    st.integers(0, 10**12),
    st.integers(1, 10**13),
)
def test_the_projection_lies_in_its_interval_and_above_what_is_spent(
    daily: list[int], spent: int, limit: int
):
    found = burn(daily, spent, limit)
    if found.projected_nanousd is None:
        return
    assert found.low_nanousd is not None
    assert found.high_nanousd is not None
    assert spent <= found.low_nanousd <= found.projected_nanousd <= found.high_nanousd


def test_a_busy_last_day_hurries_the_date_and_widens_the_interval():
    calm = burn_of([100] * 7, spent_nanousd=0, limit_nanousd=5_000, now=NOW, ends_at=END)
    busy = burn_of(
        [100] * 7, spent_nanousd=0, limit_nanousd=5_000, now=NOW, ends_at=END, last_day_nanousd=300
    )
    assert (calm.per_day_nanousd, busy.per_day_nanousd) == (100, 200)
    assert calm.high_nanousd == calm.projected_nanousd == 1_100
    assert busy.projected_nanousd == 2_200
    assert busy.high_nanousd is not None
    assert busy.high_nanousd > 3_000


def test_spending_that_began_again_today_is_not_stale():
    found = burn_of(
        [0] * 7, spent_nanousd=0, limit_nanousd=100, now=NOW, ends_at=END, last_day_nanousd=2
    )
    assert (found.outlook, found.per_day_nanousd) == (Outlook.WITHIN, 1)


def test_money_runs_out_when_a_raise_expires_that_was_needed():
    def ending(spent: int) -> Burn:
        return burn_of(
            [100] * 7, spent_nanousd=spent, limit_nanousd=3_000, now=NOW, ends_at=END,
            later=[LaterLimit(NOW + timedelta(days=2), 1_000)],
        )  # fmt: skip

    assert ending(900).runs_out_at == NOW + timedelta(days=2)
    assert ending(500).runs_out_at == NOW + timedelta(days=5)
    assert ending(2_900).runs_out_at == NOW + timedelta(days=1)


def test_a_raise_that_outlasts_the_period_changes_nothing_before_its_end():
    found = burn_of(
        [100] * 7, spent_nanousd=0, limit_nanousd=3_000, now=NOW, ends_at=END,
        later=[LaterLimit(END + timedelta(days=2), 10)],
    )  # fmt: skip
    assert (found.outlook, found.runs_out_at) == (Outlook.WITHIN, None)


def test_the_earliest_date_lies_before_the_expected_one():
    found = burn([60, 140, 100, 90, 110, 50, 150], spent=300)
    assert found.runs_out_at is not None
    assert found.may_run_out_at is not None
    assert NOW < found.may_run_out_at < found.runs_out_at
