"""What a call costs, per token class and step."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.pricing import Prices, cost, flat_prices, prices_from_map, upper_bound
from routing.core.request import Usage

ENTRY = {
    "input_cost_per_token": Decimal("1E-6"),
    "output_cost_per_token": Decimal("4E-6"),
    "cache_read_input_token_cost": Decimal("1E-7"),
    "cache_creation_input_token_cost": Decimal("1.25E-6"),
    "cache_creation_input_token_cost_above_1hr": Decimal("2E-6"),
    "output_cost_per_reasoning_token": Decimal("5E-6"),
    "input_cost_per_token_batches": Decimal("5E-7"),
    "supports_vision": True,
}
STEPS = ENTRY | {
    "input_cost_per_token_above_128k_tokens": Decimal("2E-6"),
    "output_cost_per_token_above_128k_tokens": Decimal("8E-6"),
    "cache_creation_input_token_cost_above_1hr_above_128k_tokens": Decimal("9E-6"),
    "input_cost_per_token_above_272k_tokens": Decimal("3E-6"),
    "output_cost_per_token_above_272k_tokens_flex": Decimal("1E-9"),
}


def prices(entry: Mapping[str, object] = ENTRY) -> Prices:
    found = prices_from_map(entry)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("usage", "nanousd"),
    [
        (Usage(0, 0), 0),
        (Usage(1000, 0), 1_000_000),
        (Usage(0, 1000), 4_000_000),
        (Usage(1000, 0, cache_read_tokens=1000), 100_000),
        (Usage(1000, 0, cache_write_tokens=1000), 1_250_000),
        (Usage(1000, 0, cache_write_tokens=1000, cache_write_long_tokens=400), 1_550_000),
        (Usage(1000, 0, cache_read_tokens=300, cache_write_tokens=200), 780_000),
        (Usage(0, 1000, reasoning_tokens=1000), 5_000_000),
        (Usage(0, 1000, reasoning_tokens=400), 4_400_000),
        (Usage(10, 10, cache_read_tokens=99, cache_write_tokens=99, reasoning_tokens=99), 51_000),
    ],
)
def test_cost_prices_each_token_once_by_its_class(usage: Usage, nanousd: int) -> None:
    assert cost(prices(), usage) == nanousd


@pytest.mark.parametrize(
    ("input_tokens", "input_rate", "output_rate"),
    [(128_000, 1000, 4000), (128_001, 2000, 8000), (272_000, 2000, 8000), (272_001, 3000, 8000)],
)
def test_cost_pays_the_step_for_all_tokens_once_above_it(
    input_tokens: int, input_rate: int, output_rate: int
) -> None:
    usage = Usage(input_tokens, 10)
    assert cost(prices(STEPS), usage) == input_tokens * input_rate + 10 * output_rate


def test_a_step_raises_classes_it_does_not_name_with_their_parent() -> None:
    rates = prices(STEPS).at(128_001)
    assert rates.cache_read == 200
    assert rates.cache_write == 2500
    assert rates.cache_write_long == 9000
    assert rates.reasoning == 10_000


def test_cost_rounds_up_to_a_whole_nanodollar() -> None:
    entry = {
        "input_cost_per_token": Decimal("3.75E-8"),
        "output_cost_per_token": Decimal("1.5E-7"),
    }
    assert cost(prices(entry), Usage(1, 0)) == 38
    assert cost(prices(entry), Usage(2, 1)) == 225


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"input_cost_per_token": Decimal("1E-6")},
        {"output_cost_per_token": Decimal("1E-6")},
        {"input_cost_per_second": Decimal(1)},
    ],
)
def test_a_missing_price_is_unknown_and_not_zero(entry: dict[str, Decimal] | None) -> None:
    assert prices_from_map(entry) is None


def test_classes_without_a_price_of_their_own_cost_what_their_parent_costs() -> None:
    entry = {
        "input_cost_per_token": Decimal("1E-6"),
        "output_cost_per_token": Decimal("4E-6"),
        "cache_creation_input_token_cost": 0,
    }
    usage = Usage(20, 10, cache_read_tokens=10, cache_write_tokens=10, reasoning_tokens=10)
    assert cost(prices(entry), usage) == 20 * 1000 + 10 * 4000


def test_a_free_model_costs_nothing_and_is_known_to() -> None:
    free = prices({"input_cost_per_token": 0, "output_cost_per_token": Decimal("0.0")})
    assert cost(free, Usage(5000, 5000)) == 0


def test_a_step_over_a_free_base_keeps_what_it_cannot_scale() -> None:
    free = {"input_cost_per_token": 0, "output_cost_per_token": 0}
    stepped = prices(free | {"input_cost_per_token_above_200k_tokens": Decimal("1E-6")})
    assert stepped.at(200_001).input == 1000
    assert stepped.at(200_001).cache_read == 0


def test_flat_prices_take_dollars_per_million_tokens() -> None:
    flat = flat_prices(
        Decimal("0.15"), Decimal("0.60"), cache_read=Decimal("0.0375"), reasoning=None
    )
    assert flat.at(10**9) == flat.base
    found = (flat.base.input, flat.base.cache_read, flat.base.reasoning)
    assert found == (Decimal(150), Decimal("37.5"), Decimal(600))


TOKENS = st.integers(0, 400_000)


@given(TOKENS, TOKENS, TOKENS, TOKENS, TOKENS)
def test_no_usage_within_the_counted_size_costs_more_than_the_upper_bound(
    inputs: int, outputs: int, read: int, write: int, reasoning: int
) -> None:
    usage = Usage(inputs, outputs, read, write, reasoning)
    assert 0 <= cost(prices(STEPS), usage) <= upper_bound(prices(STEPS), inputs, outputs)
