"""What alerts say, and to whom they can go."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from budgets.core.alert import (
    AlertFacts,
    AlertKind,
    payload_of,
    read_addresses,
    subject_of,
    text_of,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def facts(**changes: Any) -> AlertFacts:
    given: dict[str, Any] = {
        "kind": AlertKind.ACTUAL,
        "percent": 80,
        "scope": "team",
        "scope_name": "Engineering",
        "budget_id": 3,
        "period": "month",
        "period_starts_at": datetime(2026, 11, 1, tzinfo=UTC),
        "period_ends_at": datetime(2026, 12, 1, tzinfo=UTC),
        "limit_nanousd": 100_000_000_000,
        "spent_nanousd": 80_001_000_000,
        "held_nanousd": 2_000_000_000,
        "projected_nanousd": None,
        "runs_out_at": None,
        "at": NOW,
        "url": "https://o.example/budgets/3/",
    }
    return AlertFacts(**given | changes)


def test_an_alert_on_spending_says_who_spent_how_much_of_what() -> None:
    assert subject_of(facts()) == "Engineering has spent 80 % of its monthly budget"
    text = text_of(facts())
    assert "Limit $100.00, spent $80.01, held by runs under way $2.00." in text
    assert "starts afresh on 01 December 2026" in text
    assert text.endswith("https://o.example/budgets/3/")


def test_an_alert_on_a_forecast_names_the_amount_and_the_day() -> None:
    ahead = facts(
        kind=AlertKind.FORECAST,
        percent=100,
        projected_nanousd=123_000_000_000,
        runs_out_at=datetime(2026, 11, 28, 9, tzinfo=UTC),
    )
    assert subject_of(ahead) == "Engineering is forecast to reach 100 % of its monthly budget"
    assert "end of the period: $123.00." in text_of(ahead)
    assert "runs out on 28 November 2026, 09:00 UTC." in text_of(ahead)


def test_a_budget_that_never_starts_afresh_says_nothing_of_it() -> None:
    assert "afresh" not in text_of(facts(period="total", period_ends_at=None))


def test_a_payload_is_json_with_money_as_texts() -> None:
    payload = json.loads(json.dumps(payload_of(facts())))
    assert payload["type"] == "budget.threshold"
    assert payload["budget"]["spent_usd"] == "80.001"
    assert payload["budget"]["projected_usd"] is None
    assert payload["budget"]["period_ends_at"] == "2026-12-01T00:00:00Z"


def test_addresses_are_read_from_a_list_each_once() -> None:
    assert read_addresses("a@x.example, b@x.example\n a@x.example") == [
        "a@x.example",
        "b@x.example",
    ]


@pytest.mark.parametrize(
    "text", ["", " , ", "ada", "a@x", "a@x.example, <b@x.example>", ",".join(["a@x.example"] * 21)]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        read_addresses(text)
