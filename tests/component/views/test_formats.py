"""Figures as people read them."""

from __future__ import annotations

import pytest

from runs.core.status import RunStatus, TaskStatus
from runs.views import formats


@pytest.mark.parametrize(
    ("nanousd", "text"),
    [
        (None, "unknown"),
        (0, "$0.00"),
        (1, "<$0.000001"),
        (42_000, "$0.000042"),
        (12_300_000, "$0.0123"),
        (350_000_000, "$0.35"),
        (25_000_000, "$0.0250"),
        (999_900_000, "$0.9999"),
        (2_000_000_000, "$2.00"),
        (1_234_567_000_000_000, "$1,234,567.00"),
    ],
)
def test_money_is_written_with_as_many_digits_as_it_needs(nanousd: int | None, text: str):
    assert formats.usd(nanousd) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (None, 5, "unknown"),
        (900_000_000, 3_300_000_000, "$0.90 to $3.30"),
        (-4_000_000, 12_300_000, "−$0.0040 to $0.0123"),
        (-3_210_000_000.4, -1_000, "−$3.21 to −$0.00"),
        (0, 42_000, "$0.000000 to $0.000042"),
        (1_234_000, 350_000_000, "$0.00 to $0.35"),
    ],
)
def test_both_ends_of_an_interval_are_as_precise_as_the_larger(
    low: float | None, high: float | None, text: str
):
    assert formats.usd_between(low, high) == text


def test_exact_money_keeps_its_last_digit():
    assert formats.exact_usd(4_215_001) == "$0.004215001"
    assert formats.exact_usd(None) == "unknown"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (65, "1m 05s"),
        (3600, "1 h"),
        (7_260, "2h 01m"),
    ],
)
def test_lengths_of_time_are_written_in_two_units(seconds: float | None, text: str):
    assert formats.duration(seconds) == text


def test_what_is_not_there_is_never_a_zero():
    assert formats.ratio(None) == "–"
    assert formats.whole(None) == "unknown"
    assert formats.milliseconds(None) == "–"
    assert (formats.ratio(0.0), formats.whole(0), formats.milliseconds(0)) == (
        "0.00",
        "0",
        "0 ms",
    )


def test_long_latencies_are_written_in_seconds():
    assert formats.milliseconds(2_140) == "2.1 s"


@pytest.mark.parametrize("status", [*RunStatus, *TaskStatus])
def test_every_status_has_a_word_a_tone_and_a_shape(status: str):
    assert status in formats.LOOKS


def test_an_unknown_status_is_shown_by_its_own_name():
    assert formats.look_of("ODD_ONE").label == "Odd one"


def test_an_excerpt_is_the_first_line_that_says_something():
    assert formats.excerpt("\n  \n Title \n rest") == "Title"
    assert formats.excerpt("") == ""


def test_an_excerpt_is_cut_at_a_word():
    assert formats.excerpt("one two three", 9) == "one two …"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (99_999, "99,999"), (912_400, "912k"), (999_999, "999k"), (1_314_311, "1.31M")],
)
def test_large_counts_are_written_short(value: int, text: str):
    assert formats.compact(value) == text
