"""Who is chosen at each worth of a result."""

from __future__ import annotations

import pytest

from routing.core.candidates import Candidate
from routing.core.choice import WORTH_NANOUSD, choose
from routing.core.quality import Estimate
from runs.core.tradeoff import WORTHS, frontier, stretches


def candidate(model: str, mean: float, cost: int | None) -> Candidate:
    return Candidate(model, "p", Estimate(mean, 0.05, 20, 0.1), cost, cost)


CHEAP, MIDDLE, BEST = (
    candidate("cheap", 0.7, 100_000),
    candidate("middle", 0.85, 3_000_000),
    candidate("best", 0.93, 60_000_000),
)
POOR = candidate("poor", 0.6, 50_000_000)


def test_more_is_paid_the_more_a_result_is_worth():
    found = stretches([BEST, CHEAP, MIDDLE, POOR, candidate("unknown", 0.99, None)], 0.8)
    assert [one.model for one in found] == ["cheap", "middle", "best"]
    assert [one.cost_nanousd for one in found] == [100_000, 3_000_000, 60_000_000]
    assert found[0].from_nanousd == 0
    assert found[-1].to_nanousd is None
    assert [one.to_nanousd for one in found[:-1]] == [one.from_nanousd for one in found[1:]]


@pytest.mark.parametrize("worth", WORTHS)
def test_the_one_chosen_is_whom_routing_would_take_without_a_draw(worth: int):
    known = [CHEAP, MIDDLE, BEST, POOR, candidate("alike", 0.85, 3_000_000)]
    made = choose(known, preference="balanced", draws={}, threshold=0.8, worth_nanousd=worth)
    (here,) = [
        one for one in stretches(known, 0.8)
        if one.from_nanousd <= worth and (one.to_nanousd is None or worth < one.to_nanousd)
    ]  # fmt: skip
    assert here.model == made.model


def test_each_preference_lies_in_one_stretch():
    found = stretches([CHEAP, MIDDLE, BEST], 0.8)
    named = [name for one in found for name in one.preferences]
    assert sorted(named) == sorted(WORTH_NANOUSD)
    (quality,) = [one for one in found if "quality" in one.preferences]
    assert quality.model == "best"


def test_without_a_price_nobody_is_chosen():
    assert stretches([candidate("unknown", 0.9, None)], 0.8) == []


def test_the_frontier_holds_the_best_at_each_cost():
    assert frontier([POOR, CHEAP, BEST, candidate("unknown", 1.0, None)]) == [
        (100_000.0, 0.7), (60_000_000.0, 0.93),
    ]  # fmt: skip
