"""Latencies in bins: how far a quantile may be off, and that nothing is lost."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.core.histogram import (
    ERROR,
    LONGEST_MS,
    Histogram,
    cell_of,
    from_bytes,
)

LATENCIES = st.lists(st.integers(1, LONGEST_MS), min_size=1, max_size=200)
SHARES = (0.5, 0.95, 0.99)


def histogram(latencies: list[int]) -> Histogram:
    return Histogram(sum(cell_of(each) for each in latencies))


def exact(latencies: list[int], share: float) -> int:
    return sorted(latencies)[math.ceil(share * len(latencies)) - 1]


@given(LATENCIES)
def test_quantiles_lie_within_five_percent_of_the_exact_ones(latencies: list[int]) -> None:
    found = histogram(latencies).quantiles(*SHARES)

    for share, value in zip(SHARES, found, strict=True):
        true = exact(latencies, share)
        assert value is not None
        assert abs(value - true) <= 0.05 * true


def test_every_whole_latency_up_to_ten_minutes_lies_within_the_error() -> None:
    for latency in [*range(1, 2_000), *range(2_000, 600_001, 397)]:
        (value,) = Histogram(cell_of(latency)).quantiles(0.5)
        assert value is not None
        assert abs(value - latency) <= (ERROR + 1e-9) * latency, latency


@given(LATENCIES, LATENCIES)
def test_merging_is_the_histogram_of_both(one: list[int], other: list[int]) -> None:
    assert histogram(one) + histogram(other) == histogram(one + other)
    written = [histogram(one).to_bytes(), None, b"", memoryview(histogram(other).to_bytes())]
    assert sum(map(from_bytes, written), Histogram()) == histogram(one + other)


@given(LATENCIES)
def test_writing_and_reading_gives_the_same(latencies: list[int]) -> None:
    whole = histogram(latencies)

    assert from_bytes(whole.to_bytes()) == whole
    assert whole.count == len(latencies)


def test_an_empty_histogram_has_no_quantile_and_takes_no_room() -> None:
    assert Histogram().quantiles(0.5) == (None,)
    assert Histogram().to_bytes() == b""
    assert from_bytes(None) == Histogram()


@pytest.mark.parametrize(("latency", "shown"), [(0, 1.0), (1, 1.0), (10 * LONGEST_MS, LONGEST_MS)])
def test_latencies_outside_count_as_the_nearest_bound(latency: int, shown: float) -> None:
    (value,) = Histogram(cell_of(latency)).quantiles(1.0)

    assert value == pytest.approx(shown, rel=0.05)


def test_a_cell_of_a_million_million_calls_does_not_spill() -> None:
    many = Histogram(cell_of(500) * 10**12 + cell_of(600))

    assert sorted(many.bins().values()) == [1, 10**12]


def test_a_day_of_one_model_takes_less_than_two_hundred_bytes() -> None:
    usual = [round(900 * math.exp(0.4 * (number / 500 - 1) * 3)) for number in range(1000)]

    assert len(histogram(usual).to_bytes()) < 200
