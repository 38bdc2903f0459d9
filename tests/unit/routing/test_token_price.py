"""What an input token costs, told from calls of different lengths."""

from __future__ import annotations

import random

import pytest

from routing.core.token_price import TokenPrices


def test_the_price_is_found_whatever_the_answers_cost_at_each_task_type() -> None:
    prices = TokenPrices()
    source = random.Random(1)
    for _ in range(400):
        kind, answer = source.choice([("code", 90_000.0), ("summary", 5_000.0)])
        tokens = source.randrange(100, 2_000) * (3 if kind == "summary" else 1)
        prices.learn(("a/one", kind), tokens, answer + 25.0 * tokens + source.gauss(0, 500))
    assert prices.nanousd("a/one") == pytest.approx(25.0, rel=0.02)


def test_nothing_is_said_of_a_model_without_calls_of_different_lengths() -> None:
    prices = TokenPrices()
    assert prices.nanousd("a/one") == 0.0
    for _ in range(5):
        prices.learn(("a/one", "code"), 100, 7_000.0)
    prices.learn(("a/one", "summary"), 900, 1_000.0)
    assert prices.nanousd("a/one") == 0.0


def test_a_few_close_lengths_tell_little() -> None:
    prices = TokenPrices()
    for tokens, cost in ((100, 1_000.0), (110, 3_000.0)):
        prices.learn(("a/one", "code"), tokens, cost)
    assert prices.nanousd("a/one") < 2.0


def test_dearer_short_calls_make_no_token_cost_less_than_nothing() -> None:
    prices = TokenPrices()
    for tokens, cost in ((100, 90_000.0), (2_000, 10_000.0)):
        prices.learn(("a/one", "code"), tokens, cost)
    assert prices.nanousd("a/one") == 0.0
