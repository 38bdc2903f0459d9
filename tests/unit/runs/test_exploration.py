"""What finding out costs, from recorded choices."""

from __future__ import annotations

from typing import Any

import pytest

from routing.core.candidates import Candidate
from routing.core.choice import choose
from routing.core.quality import Estimate
from runs.core.exploration import Step, exploration, step_of


def candidate(model: str, mean: float, cost: int | None, spread: float = 0.1) -> Candidate:
    return Candidate(model, "p", Estimate(mean, 0.05, 20, spread), cost, cost)


def recorded(draws: dict[str, float], threshold: float | None = 0.8, **fields: Any) -> Any:
    made = choose(
        [candidate("good", 0.85, 2_000_000), candidate("dear", 0.84, 9_000_000)],
        preference="balanced", draws=draws, threshold=threshold,
    )  # fmt: skip
    return made.as_json() | fields


@pytest.mark.parametrize(
    ("draws", "threshold", "step"),
    [
        ({}, 0.8, Step("good", "good", 0.0)),
        ({"dear": 3.0, "good": -2.0}, 0.8, Step("dear", "good", 7_000_000.0)),
        ({"dear": 4.0, "good": -4.0}, None, Step("dear", "good", 7_000_000.0)),
    ],
)
def test_a_choice_is_held_against_the_one_the_means_speak_for(
    draws: dict[str, float], threshold: float | None, step: Step
):
    found = step_of(recorded(draws, threshold))
    assert found == step
    assert found.explored == (step.chosen != step.greedy)


@pytest.mark.parametrize(
    "choice",
    [{}, recorded({}, model="elsewhere"), recorded({}, worth_nanousd=None)],
)
def test_what_was_steered_or_says_too_little_is_left_out(choice: Any):
    assert step_of(choice) is None


def test_a_choice_without_any_price_says_nothing():
    made = choose([candidate("a", 0.8, None)], preference="cost", draws={})
    assert step_of(made.as_json()) is None


def test_an_unknown_price_counts_as_the_dearest():
    made = choose(
        [candidate("known", 0.8, 5), candidate("unknown", 0.9, None)],
        preference="quality", draws={},
    )  # fmt: skip
    assert step_of(made.as_json()) == Step("unknown", "unknown", 0.0)


def test_a_record_that_tells_no_spread_is_read_with_the_usual_one():
    made = choose(
        [candidate("sure", 0.99, 5, 0.01), candidate("even", 0.7, 5, 0.01)],
        preference="balanced", draws={},
    )  # fmt: skip
    record = made.as_json()
    for one in record["candidates"]:
        del one["spread"]
    assert step_of(record) == Step("sure", "sure", 0.0)


def test_choices_add_up_with_an_interval_where_there_are_enough():
    steps = [Step("a", "a", 0.0)] * 15 + [Step("b", "a", 10.0)] * 5
    found = exploration(steps)
    assert found is not None
    assert (found.n, found.explored, found.share, found.total_nanousd) == (20, 5, 0.25, 50.0)
    assert found.low_nanousd is not None
    assert found.high_nanousd is not None
    assert 0 < found.low_nanousd < 2.5 < found.high_nanousd < 5


def test_few_choices_have_no_interval_and_none_no_figure():
    found = exploration([Step("a", "b", -4.0)])
    assert found is not None
    assert (found.mean_nanousd, found.low_nanousd, found.high_nanousd) == (-4.0, None, None)
    assert exploration([]) is None
