"""The choice of a model by chance, money and draw."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.candidates import Candidate, Removal
from routing.core.chance import chance_of
from routing.core.choice import Choice, choose
from tests.unit.routing.worlds import make_candidate, make_estimate

GOOD = make_candidate("a/good", mean=0.9, expected_cost_nanousd=40_000_000)
CHEAP = make_candidate("b/cheap", mean=0.7, expected_cost_nanousd=1_000_000)
TWIN = make_candidate("a/twin", mean=0.89, expected_cost_nanousd=40_000_000)


def choice(*candidates: Candidate, **overrides: Any) -> Choice:
    return choose(candidates, **({"preference": "balanced", "draws": {}} | overrides))


@pytest.mark.parametrize(
    ("preference", "model"), [("quality", "a/good"), ("balanced", "a/good"), ("cost", "b/cheap")]
)
def test_the_preference_says_what_quality_is_worth(preference: str, model: str) -> None:
    assert choice(GOOD, CHEAP, preference=preference).model == model


def test_at_equal_quality_the_cheaper_model_is_chosen() -> None:
    dear = make_candidate("a/dear", expected_cost_nanousd=2_000_000)
    cheap = make_candidate("b/cheap", expected_cost_nanousd=1_999_999)
    for preference in ("quality", "balanced", "cost"):
        assert choice(dear, cheap, preference=preference).model == "b/cheap"


def test_a_draw_can_turn_the_choice_and_is_recorded() -> None:
    draws = {"a/good": -3.0, "b/cheap": 3.0}
    turned = choice(GOOD, CHEAP, preference="quality", draws=draws)
    assert turned.model == "b/cheap"
    recorded = {one["model"]: one["draw"] for one in turned.as_json()["candidates"]}
    assert recorded == draws


def test_the_threshold_decides_whose_quality_is_enough() -> None:
    assert choice(GOOD, CHEAP, threshold=0.3).model == "b/cheap"
    assert choice(GOOD, CHEAP, threshold=0.9).model == "a/good"


def test_fallbacks_go_to_another_provider_first() -> None:
    made = choice(CHEAP, TWIN, GOOD, preference="quality")
    assert made.model == "a/good"
    assert made.fallbacks == ("b/cheap", "a/twin")


def test_fallbacks_of_other_providers_are_in_order_of_value() -> None:
    worse = make_candidate("c/worse", mean=0.5)
    assert choice(worse, CHEAP, GOOD).fallbacks == ("b/cheap", "c/worse")


def test_a_tie_is_broken_by_name_whatever_the_order() -> None:
    one, two = make_candidate("a/one"), make_candidate("b/two")
    assert choice(one, two).model == choice(two, one).model == "a/one"


def test_an_unknown_cost_is_no_bargain() -> None:
    unknown = make_candidate("c/unknown", expected_cost_nanousd=None, upper_bound_nanousd=None)
    known = make_candidate("d/known")
    dear = make_candidate("e/dear", expected_cost_nanousd=2_000_000)
    assert choice(unknown, known, dear).model == "d/known"
    assert choice(unknown).model == "c/unknown"


def test_choosing_from_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no candidate"):
        choice()


def test_an_unknown_preference_is_an_error() -> None:
    with pytest.raises(KeyError):
        choice(GOOD, preference="whatever")


def test_a_choice_is_plain_data_that_explains_itself() -> None:
    made = choice(GOOD, CHEAP, removed=[Removal("c/x", "unhealthy")])
    data = json.loads(json.dumps(made.as_json()))
    assert data["model"] == made.model
    assert data["fallbacks"] == ["b/cheap"]
    assert data["removed"][0]["reason"] == "unhealthy"
    assert data["worth_nanousd"] == 100_000_000
    assert [one["model"] for one in data["candidates"]] == ["a/good", "b/cheap"]
    assert data["candidates"][0].keys() >= {"mean", "sd", "n", "draw", "chance", "value_nanousd"}
    assert data["candidates"][1]["expected_cost_nanousd"] == 1_000_000
    ten = make_candidate("c/ten", estimate=make_estimate(0.8, n=10))
    assert choice(ten).as_json()["candidates"][0]["n"] == 10


def test_a_single_candidate_is_chosen_for_sure() -> None:
    assert choice(GOOD).propensity == 1.0


def test_a_hopeless_rival_leaves_no_doubt() -> None:
    dear = make_candidate("c/dear", expected_cost_nanousd=900_000_000)
    assert choice(GOOD, dear).propensity == pytest.approx(1.0)


def test_a_choice_against_all_odds_is_said_to_be_one() -> None:
    dear = make_candidate("c/dear", expected_cost_nanousd=99_000_000)
    made = choice(dear, GOOD, CHEAP, draws={"c/dear": 40.0, "a/good": -40.0, "b/cheap": -40.0})
    assert made.model == "c/dear"
    assert made.propensity < 0.01


def test_the_propensity_is_how_often_the_draws_choose_the_model() -> None:
    candidates = [
        make_candidate("a/one", mean=0.8, sd=0.04, expected_cost_nanousd=12_000_000),
        make_candidate("b/two", mean=0.75, sd=0.06, expected_cost_nanousd=6_000_000),
        make_candidate("c/three", mean=0.7, sd=0.08, expected_cost_nanousd=1_000_000),
    ]
    source = random.Random(7)
    chosen: Counter[str] = Counter()
    propensity: dict[str, float] = {}
    for _ in range(4000):
        draws = {one.model: source.gauss(0, 1) for one in candidates}
        made = choice(*candidates, draws=draws)
        chosen[made.model] += 1
        propensity[made.model] = made.propensity
    assert len(chosen) == 3
    for model, share in propensity.items():
        assert share == pytest.approx(chosen[model] / 4000, abs=0.03)
    assert sum(propensity.values()) == pytest.approx(1.0, abs=0.03)


@given(st.floats(-0.5, 1.5), st.floats(0.01, 0.5), st.floats(0.01, 0.99))
def test_the_chance_is_a_probability_that_rises_with_quality(
    quality: float, spread: float, threshold: float
) -> None:
    chance = chance_of(quality, spread, threshold)
    higher = chance_of(quality + 0.1, spread, threshold)
    assert 0 <= chance <= higher + 1e-9
    assert higher <= 1


@pytest.mark.parametrize(
    ("mean", "spread", "chance"),
    [
        pytest.param(0.6, 0.4899, 0.6, id="passed or failed"),
        pytest.param(0.9, 0.3, 0.9, id="mostly passed"),
        pytest.param(0.1, 0.3, 0.1, id="mostly failed"),
        pytest.param(0.85, 0.05, 0.84, id="a judge's scores"),
        pytest.param(0.7, 0.05, 0.02, id="a judge's scores, below"),
        pytest.param(0.6, 0.39, 0.51, id="failed at three in ten, else 0.85"),
        pytest.param(0.8, 0.2, 0.61, id="in between"),
        pytest.param(1.0, 0.1, 1.0, id="never failed"),
        pytest.param(0.0, 0.1, 0.0, id="never passed"),
    ],
)
def test_the_chance_knows_scores_that_are_passed_or_failed(
    mean: float, spread: float, chance: float
) -> None:
    """Those between are of a beta distribution with this mean and spread."""
    assert chance_of(mean, spread, 0.8) == pytest.approx(chance, abs=0.06)


def test_a_rival_that_is_sure_of_its_chance_wins_always_or_never() -> None:
    low = make_candidate("a/low", mean=0.5, sd=0.0)
    high = make_candidate("b/high", mean=0.9, sd=0.0)
    assert choice(low, high).propensity == pytest.approx(1.0)
    assert choice(low, make_candidate("c/open", mean=0.5, sd=0.3)).propensity < 1.0
    against = choice(low, make_candidate("c/open", mean=0.4, sd=0.3), draws={"c/open": 9.0})
    assert against.model == "c/open"
    assert 0.2 < against.propensity < 0.5
