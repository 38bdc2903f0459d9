"""Years, months and days to pick from."""

from __future__ import annotations

from datetime import date

import pytest

from telemetry.core.spans import Span, above, asked_for, within

FIRST, LAST = date(2024, 11, 28), date(2026, 2, 3)


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ((None, None, None), None),
        (("2026", None, None), Span(2026)),
        (("2026", "2", None), Span(2026, 2)),
        (("2026", "2", "28"), Span(2026, 2, 28)),
        (("2026", None, "28"), Span(2026)),
        (("2026", "2", "31"), None),
        (("2026", "13", None), None),
        (("0", None, None), None),
        (("9" * 30, None, None), None),
        (("x", "-1", ""), None),
    ],
)
def test_an_address_names_a_span_or_none(said: tuple[str | None, ...], span: Span | None) -> None:
    assert asked_for(*said) == span


def test_all_of_time_offers_the_years_between_first_and_last() -> None:
    assert within(None, FIRST, LAST) == [Span(2024), Span(2025), Span(2026)]


def test_a_single_year_is_passed_over() -> None:
    assert within(None, date(2026, 1, 31), LAST) == [Span(2026, 1), Span(2026, 2)]


def test_a_year_offers_its_months_that_are_not_empty() -> None:
    assert within(Span(2024), FIRST, LAST) == [Span(2024, 11), Span(2024, 12)]
    assert len(within(Span(2025), FIRST, LAST)) == 12


def test_a_month_offers_its_days_that_are_not_empty() -> None:
    assert within(Span(2026, 2), FIRST, LAST) == [Span(2026, 2, day) for day in (1, 2, 3)]
    assert within(Span(2024, 11), FIRST, LAST) == [Span(2024, 11, day) for day in (28, 29, 30)]
    assert within(Span(2023), FIRST, LAST) == []


def test_a_day_offers_nothing_below() -> None:
    assert within(Span(2026, 2, 1), FIRST, LAST) == []


@pytest.mark.parametrize(
    ("span", "up"),
    [
        (Span(2026, 2, 1), Span(2026, 2)),
        (Span(2026, 2), Span(2026)),
        (Span(2026), None),
    ],
)
def test_each_span_has_one_above(span: Span, up: Span | None) -> None:
    assert above(span) == up
