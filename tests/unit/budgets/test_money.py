"""Reading and writing money."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgets.core.errors import InvalidAmount
from budgets.core.money import (
    MAX_NANOUSD,
    ceil_nanousd,
    format_usd,
    format_usd_or_none,
    parse_usd,
)


@pytest.mark.parametrize(
    ("text", "nanousd"),
    [
        ("2.00", 2_000_000_000),
        ("0.000000001", 1),
        ("0", 0),
        ("000.5", 500_000_000),
        ("1000000000", MAX_NANOUSD),
        (3, 3_000_000_000),
        (Decimal("0.10"), 100_000_000),
        (Decimal("1E+2"), 100_000_000_000),
    ],
)
def test_parse_reads_dollars_as_nanodollars(text: str | int | Decimal, nanousd: int) -> None:
    assert parse_usd(text) == nanousd


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "-1",
        "+1",
        "1e309",
        "NaN",
        "inf",
        "1_000",
        "1,5",
        ".5",
        "5.",
        "0.0000000001",
        "1000000000.000000001",
        "99999999999",
        "٣",
        "1\n",
        -1,
        10**400,
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1e1000000"),
        Decimal("1e-1000000"),
        Decimal("-0.5"),
    ],
)
def test_parse_refuses_what_is_no_amount(text: str | int | Decimal) -> None:
    with pytest.raises(InvalidAmount):
        parse_usd(text)


@pytest.mark.parametrize(
    ("nanousd", "text"),
    [
        (0, "0.00"),
        (4_215_000, "0.004215"),
        (2_000_000_000, "2.00"),
        (31_200_000, "0.0312"),
        (1, "0.000000001"),
        (-1_500_000_000, "-1.50"),
        (1_234_567_890_123, "1234.567890123"),
    ],
)
def test_format_keeps_two_decimals_and_drops_needless_zeros(nanousd: int, text: str) -> None:
    assert format_usd(nanousd) == text
    assert format_usd_or_none(nanousd) == text


def test_format_keeps_an_unknown_cost_unknown() -> None:
    assert format_usd_or_none(None) is None


@given(st.integers(0, MAX_NANOUSD))
def test_what_is_written_reads_the_same(nanousd: int) -> None:
    assert parse_usd(format_usd(nanousd)) == nanousd
    assert parse_usd(Decimal(format_usd(nanousd))) == nanousd


@pytest.mark.parametrize(
    ("amount", "nanousd"), [("0", 0), ("37.5", 38), ("37", 37), ("0.0000001", 1)]
)
def test_a_cost_is_rounded_up(amount: str, nanousd: int) -> None:
    assert ceil_nanousd(Decimal(amount)) == nanousd
