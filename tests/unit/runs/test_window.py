"""Windows of hours and days: bounded, whole, and comparable with the one before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from runs.core.window import (
    MAX_BUCKETS,
    InvalidRange,
    Window,
    moment_of,
    named_window,
    window_between,
)
from telemetry.core.rollup import hour_of

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def test_a_named_range_of_hours_ends_with_this_hour() -> None:
    window = named_window("24h", UTC, NOW)

    assert window.by_hour
    assert len(window.buckets) == 24
    assert window.buckets[-1] == hour_of(NOW)
    assert window.starts_at == datetime(2026, 11, 25, 13, tzinfo=UTC)
    assert (window.ends_at, window.is_unfinished) == (NOW, True)
    assert window.span.days is None
    assert (window.span.first_hour, window.span.end_hour) == (hour_of(NOW) - 23, hour_of(NOW) + 1)


def test_a_named_range_of_days_ends_with_the_local_today() -> None:
    early = datetime(2026, 11, 26, 3, tzinfo=UTC)  # still the 25th in New York
    window = named_window("7d", NEW_YORK, early)

    assert window.buckets == tuple(date(2026, 11, 19 + n) for n in range(7))
    assert window.starts_at == datetime(2026, 11, 19, 5, tzinfo=UTC)
    assert window.span.days == (date(2026, 11, 19), date(2026, 11, 25))
    assert window.span.first_hour == hour_of(window.starts_at)


def test_the_window_before_is_as_long_and_ends_where_this_begins() -> None:
    days = named_window("7d", UTC, NOW).previous
    assert days is not None
    assert (days.first, days.last) == (date(2026, 11, 13), date(2026, 11, 19))
    assert not days.is_unfinished
    hours = named_window("24h", UTC, NOW).previous
    assert hours is not None
    assert len(hours.buckets) == 24
    assert hours.last == hour_of(NOW) - 24


def test_hours_that_are_not_kept_have_no_window_before() -> None:
    assert named_window("48h", UTC, NOW).previous is None


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (date(2026, 11, 1), date(2026, 11, 3), date(2026, 11, 1), date(2026, 11, 3)),
        (date(2026, 11, 1), date(2030, 1, 1), date(2026, 11, 1), date(2026, 11, 26)),
        (None, date(2026, 11, 10), date(2026, 11, 5), date(2026, 11, 10)),
        (None, None, date(2026, 11, 20), date(2026, 11, 26)),
        (date(2026, 11, 25), None, hour_of(datetime(2026, 11, 25, tzinfo=UTC)), hour_of(NOW)),
        (date(2026, 11, 20), date(2026, 11, 20), date(2026, 11, 20), date(2026, 11, 20)),
    ],
)
def test_windows_hold_everything_from_start_to_end(
    start: Any, end: Any, first: Any, last: Any
) -> None:
    window = window_between(start, end, UTC, NOW)

    assert (window.first, window.last) == (first, last)


def test_hours_are_shown_where_they_are_asked_for() -> None:
    window = window_between(None, None, UTC, NOW, hours=True)

    assert len(window.buckets) == 24
    moment = datetime(2026, 11, 24, 0, 15, tzinfo=UTC)
    assert len(window_between(moment, None, UTC, NOW, hours=True).buckets) == 61


@pytest.mark.parametrize(
    ("start", "end", "hours", "field"),
    [
        (date(2026, 11, 20), date(2026, 11, 10), False, "from"),
        (datetime(2027, 1, 1, tzinfo=UTC), None, False, "from"),
        (date(2016, 11, 26), None, False, "from"),
        (date(2025, 1, 1), date(2026, 3, 1), False, "from"),
        (date(2026, 11, 20), None, True, "from"),
        (date.min, None, False, "from"),
        (None, date.max, False, "to"),
        (datetime.min.replace(tzinfo=UTC), None, False, "from"),
    ],
)
def test_ranges_that_are_reversed_endless_or_gone_are_refused(
    start: Any, end: Any, hours: bool, field: str
) -> None:
    with pytest.raises(InvalidRange) as caught:
        window_between(start, end, UTC, NOW, hours=hours)

    assert caught.value.field == field


def test_the_longest_range_has_as_many_buckets_as_a_chart_takes() -> None:
    start = NOW.date() - timedelta(days=MAX_BUCKETS - 1)

    assert len(window_between(start, None, UTC, NOW).buckets) == MAX_BUCKETS


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidRange):
        named_window("10y", UTC, NOW)


def test_days_across_a_change_of_clocks_are_whole() -> None:
    window = Window(date(2026, 11, 1), date(2026, 11, 1), NEW_YORK, NOW)  # 25 hours long

    assert window.span.end_hour - window.span.first_hour == 25
    assert window.ends_at - window.starts_at == timedelta(hours=25)
    assert moment_of(date(2026, 11, 2), NEW_YORK) == window.ends_at
