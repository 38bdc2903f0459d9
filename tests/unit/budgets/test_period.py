"""Where periods begin and end, through every change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.core.period import Period, PeriodKind, period_at

OLDEST = datetime(2009, 1, 1, tzinfo=UTC)
SINCE = datetime(2026, 1, 15, 10, tzinfo=UTC)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # clocks go back at 01:00 to midnight: midnight comes twice
    "America/Sao_Paulo",  # until 2019 clocks went forward at midnight: it did not come
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Pacific/Apia",  # 30 December 2011 did not take place
    "Australia/Lord_Howe",  # half an hour
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "zone", "now", "starts_at", "ends_at"),
    [
        ("day", "UTC", "2026-11-26T23:59:59", "2026-11-26T00:00", "2026-11-27T00:00"),
        ("day", "UTC", "2026-11-27T00:00:00", "2026-11-27T00:00", "2026-11-28T00:00"),
        # The clocks go forward: a day of 23 hours.
        ("day", "Europe/Berlin", "2026-03-29T12:00", "2026-03-28T23:00", "2026-03-29T22:00"),
        # The clocks go back: a day of 25 hours.
        ("day", "Europe/Berlin", "2026-10-25T12:00", "2026-10-24T22:00", "2026-10-25T23:00"),
        # No midnight on the day the clocks went forward: it began at 01:00.
        ("day", "America/Sao_Paulo", "2018-11-04T12:00", "2018-11-04T03:00", "2018-11-05T02:00"),
        # Two midnights: the day begins with the first.
        ("day", "America/Havana", "2026-11-01T05:30", "2026-11-01T04:00", "2026-11-02T05:00"),
        ("week", "UTC", "2026-11-29T23:00", "2026-11-23T00:00", "2026-11-30T00:00"),
        ("week", "UTC", "2026-11-30T00:00", "2026-11-30T00:00", "2026-12-07T00:00"),
        ("month", "UTC", "2026-12-31T23:59", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("month", "UTC", "2028-02-29T12:00", "2028-02-01T00:00", "2028-03-01T00:00"),
        ("month", "Asia/Kathmandu", "2026-01-31T18:15", "2026-01-31T18:15", "2026-02-28T18:15"),
        ("month", "Asia/Kathmandu", "2026-01-31T18:14", "2025-12-31T18:15", "2026-01-31T18:15"),
        ("month", "America/New_York", "2026-11-15T00:00", "2026-11-01T04:00", "2026-12-01T05:00"),
    ],
)
def test_a_period_is_one_of_the_orgs_own_calendar(
    kind: str, zone: str, now: str, starts_at: str, ends_at: str
) -> None:
    period = period_at(PeriodKind(kind), ZoneInfo(zone), utc(now), SINCE)
    assert period == Period(utc(starts_at), utc(ends_at))


def test_a_total_begins_with_its_budget_and_never_ends() -> None:
    assert period_at(PeriodKind.TOTAL, UTC, utc("2030-01-01T00:00"), SINCE) == Period(SINCE, None)


@given(
    st.sampled_from([PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH]),
    st.sampled_from(ZONES),
    st.integers(0, 28 * 366 * 86_400).map(lambda seconds: OLDEST + timedelta(seconds=seconds)),
)
def test_periods_contain_their_moment_and_follow_without_gap(
    kind: PeriodKind, zone_name: str, now: datetime
) -> None:
    zone = ZoneInfo(zone_name)
    period = period_at(kind, zone, now, SINCE)
    assert period.ends_at is not None
    assert period.starts_at <= now < period.ends_at
    assert period_at(kind, zone, period.starts_at, SINCE) == period
    assert period_at(kind, zone, period.ends_at, SINCE).starts_at == period.ends_at
    assert period_at(kind, zone, period.ends_at - timedelta(microseconds=1), SINCE) == period
