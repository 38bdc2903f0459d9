"""Assumptions as people write them, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from runs.core.tuning.assumptions import Assumptions, InvalidAssumption, as_json, from_json

BASE = {"name": "small", "provider": "p", "training_usd": "1.50", "input_usd": 0.2,
        "output_usd": "0.80", "priced_at": "2026-07-01", "source": "price list"}  # fmt: skip
BEFORE = from_json({"base_models": [BASE]}, Assumptions(()))


def test_what_is_written_is_read_again_as_it_was():
    assert from_json(as_json(BEFORE), Assumptions(())) == BEFORE
    base = BEFORE.base("small")
    assert base is not None
    assert (base.training_nanousd, base.input_nanousd) == (1_500_000_000, 200_000_000)
    assert base.priced_at == date(2026, 7, 1)
    assert BEFORE.base("large") is None


def test_what_is_not_given_stays():
    after = from_json({"epochs": "4", "labour_usd": "12.5", "prompt_share": 0.5}, BEFORE)
    assert (after.epochs, after.labour_nanousd, after.prompt_share) == (4, 12_500_000_000, 0.5)
    assert after.base_models == BEFORE.base_models


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("epochs", True),
        ("epochs", None),
        ("epochs", "many"),
        ("min_examples", 9),
        ("prompt_share", "NaN"),
        ("volume_growth", -1),
        ("labour_usd", "-1"),
        ("labour_usd", "1000001"),
        ("invented", 1),
        ("base_models", []),
        ("base_models", "small"),
        ("base_models", ["small"]),
        ("base_models", [BASE, BASE]),
        ("base_models", [BASE | {"source": ""}]),
        ("base_models", [BASE | {"priced_at": "yesterday"}]),
        ("base_models", [BASE | {"priced_at": None}]),
        ("base_models", [BASE | {"training_usd": "free"}]),
        ("base_models", [BASE | {"colour": "red"}]),
        ("base_models", [BASE | {"name": 7}]),
        ("base_models", [BASE | {"name": "x" * 301}]),
        ("base_models", [{key: value for key, value in BASE.items() if key != "input_usd"}]),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(name: str, value: Any):
    with pytest.raises(InvalidAssumption) as refused:
        from_json({name: value, "half_gap_examples": 100}, BEFORE)
    assert [*refused.value.errors] == [name]
