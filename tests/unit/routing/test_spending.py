"""What calls are expected to take, in money and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from routing.core.beliefs import Beliefs, believe
from routing.core.levels import Evidence
from routing.core.quality import NOTHING_SEEN, Observation, Profile, observe

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TIERS = {"a/one": "economy", "b/two": "standard"}
KEY = ("a/one", "summarization")


def seen(profile: Profile, *scores: float, cost: int = 1000) -> Profile:
    for score in scores:
        when = NOW - timedelta(seconds=1000 - profile.n)
        profile = observe(profile, Observation(when, score, 1.0, cost, 100, 10))
    return profile


def beliefs(**levels: Any) -> Beliefs:
    return believe(Evidence(**levels), TIERS, NOW)


def test_the_expected_cost_moves_from_the_price_list_to_what_calls_cost() -> None:
    unseen = beliefs()
    assert unseen.spent.expected_cost(KEY, 5000.0, 100) == 5000.0
    assert unseen.spent.expected_cost(KEY, None, 100) is None
    few, many = (
        beliefs(org={KEY: seen(NOTHING_SEEN, *[0.5] * count)}).spent.expected_cost(KEY, 5000.0, 100)
        for count in (2, 200)
    )
    assert few is not None
    assert many is not None
    assert 1000 < many < 1100 < few < 5000


def test_a_longer_prompt_is_expected_to_cost_its_tokens_more() -> None:
    believed = beliefs(org={KEY: seen(NOTHING_SEEN, *[0.5] * 10)})
    cost = [believed.spent.expected_cost(KEY, None, tokens, 2.0) for tokens in (100, 600, 0)]
    assert cost == pytest.approx([1000.0, 2000.0, 800.0])


def test_a_model_known_from_elsewhere_is_priced_from_there() -> None:
    believed = beliefs(org={("a/one", "evaluation"): seen(NOTHING_SEEN, *[0.5] * 10)})
    assert believed.spent.expected_cost(KEY, None, 100) == pytest.approx(1000.0)
    assert believed.spent.expected_cost(KEY, 2000.0, 100) == pytest.approx(1800.0)
    assert believed.spent.latency_ms(KEY) == pytest.approx(10.0)
    assert believed.spent.latency_ms(("b/two", "evaluation")) is None


def test_a_team_with_slow_calls_of_its_own_expects_slower_ones() -> None:
    elsewhere, here = (
        observe(NOTHING_SEEN, Observation(NOW, 0.5, 1.0, 1000, 100, latency_ms))
        for latency_ms in (100, 900)
    )
    whole = {("a/one", "evaluation"): elsewhere, KEY: here}
    expected = [
        beliefs(org=whole, team=team).spent.latency_ms(KEY) or 0.0 for team in ({}, {KEY: here})
    ]
    unseen = beliefs(org=whole).spent.latency_ms(("a/one", "code_review")) or 0.0
    assert unseen == pytest.approx(500.0)
    assert unseen < expected[0] < 900
    assert expected[1] == pytest.approx(expected[0]), "what a team saw is part of what its org did"


def test_spending_is_told_over_all_levels() -> None:
    own = seen(NOTHING_SEEN, 0.5, 0.5, cost=3000)
    believed = beliefs(org={KEY: seen(own, 0.5, 0.5)}, team={KEY: own})
    spent = believed.spent.mean(KEY)
    assert spent is not None
    assert spent.calls == pytest.approx(4.0, rel=0.01)
    assert spent.cost_nanousd == pytest.approx(2000.0, rel=0.01)
    assert believed.spent.mean(("b/two", "evaluation")) is None


def test_verdicts_alone_teach_no_cost() -> None:
    verdict = observe(NOTHING_SEEN, Observation(NOW, 1.0, 3.0))
    believed = beliefs(org={KEY: verdict})
    assert believed.spent.expected_cost(KEY, 700.0, 100) == 700.0
    assert believed.estimate(KEY).n == 1
