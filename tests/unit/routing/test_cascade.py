"""When a cheap model is tried first."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.candidates import Candidate
from routing.core.cascade import (
    LITTLE_EVIDENCE,
    NO_CHEAPER_MODEL,
    NO_GAIN,
    NO_TIME,
    TAKEN,
    Check,
    Escalation,
    Way,
    Weighed,
    accept_threshold,
    led_by,
    weigh,
)
from routing.core.choice import Choice, choose
from tests.unit.routing.worlds import make_candidate, make_estimate

VALIDATOR = Check("json_schema")
CENT = 10_000_000
PLENTY = 3600.0


def known(model: str, mean: float, price: int | None, n: int = 40) -> Candidate:
    bound = None if price is None else price * 4
    return make_candidate(
        model, estimate=make_estimate(mean, 0.05, n), expected_cost_nanousd=price,
        upper_bound_nanousd=bound,
    )  # fmt: skip


def chosen(*candidates: Candidate, preference: str = "balanced") -> Choice:
    return choose(candidates, preference=preference, draws={}, threshold=0.8)


def weighed(*candidates: Candidate, check: Check = VALIDATOR, left: float = PLENTY) -> Weighed:
    seconds = {one.model: 60.0 for one in candidates}
    return weigh(chosen(*candidates), check, seconds, left)


CHEAP, DEAR = known("a/cheap", 0.75, CENT // 10), known("b/dear", 0.9, 2 * CENT)


def test_a_cheap_model_goes_first_where_failure_is_seen_and_costs_little() -> None:
    found = weighed(CHEAP, DEAR)
    assert found.why == TAKEN
    assert found.taken is not None
    assert found.taken.models == ("a/cheap", "b/dear")
    assert found.alone.models == ("b/dear", "b/dear")
    assert found.taken.value_nanousd > found.alone.value_nanousd
    assert found.taken.cost_nanousd < 2 * CENT
    assert found.taken.chance == pytest.approx(0.87, abs=0.01)


@pytest.mark.parametrize(
    ("candidates", "how", "why"),
    [
        pytest.param((CHEAP,), {}, NO_CHEAPER_MODEL, id="nobody else is there"),
        pytest.param((known("a/one", 0.9, CENT), known("b/two", 0.9, CENT)), {}, NO_CHEAPER_MODEL,
                     id="nobody is cheaper"),
        pytest.param((CHEAP, known("b/dear", 0.9, 5 * CENT)), {}, NO_CHEAPER_MODEL,
                     id="the cheap one is the best alone"),
        pytest.param((known("a/odd", 0.75, None), DEAR), {}, NO_CHEAPER_MODEL,
                     id="what an unknown price would save is unknown"),
        pytest.param((known("b/dear", 0.9, None),), {}, LITTLE_EVIDENCE, id="no price is known"),
        pytest.param((known("a/cheap", 0.75, CENT // 10, n=19), DEAR), {}, LITTLE_EVIDENCE,
                     id="the cheap one is hardly known"),
        pytest.param((CHEAP, known("b/dear", 0.9, 2 * CENT, n=19)), {}, LITTLE_EVIDENCE,
                     id="the better one is hardly known"),
        pytest.param((known("a/cheap", 0.5, CENT // 10), DEAR), {}, NO_GAIN,
                     id="a hopeless model is not tried first"),
        pytest.param((known("a/cheap", 0.645, CENT // 10), known("b/dear", 0.999, 6 * CENT)), {},
                     NO_GAIN, id="nor one with so little hope, however cheap"),
        pytest.param((known("a/cheap", 0.75, 19 * CENT // 10), DEAR), {}, NO_GAIN,
                     id="hardly cheaper, and worse"),
        pytest.param((CHEAP, DEAR), {"check": Check("judges", 6 * CENT)}, NO_GAIN,
                     id="the check costs more than it saves"),
        pytest.param((CHEAP, DEAR), {"left": 119.0}, NO_TIME, id="time is short"),
    ],
)  # fmt: skip
def test_else_the_chosen_model_goes_alone(
    candidates: tuple[Candidate, ...], how: dict[str, Any], why: str
) -> None:
    found = weighed(*candidates, **how)
    assert (found.why, found.taken) == (why, None)
    assert found.as_json()["cascade"]["taken"] is False


def test_time_for_both_steps_is_time_enough() -> None:
    assert weighed(CHEAP, DEAR, left=120.0).taken is not None


def test_the_best_of_several_first_models_is_taken() -> None:
    found = weighed(known("c/poor", 0.7, CENT // 10), CHEAP, DEAR)
    assert found.taken is not None
    assert [one.models[0] for one in found.ways] == ["a/cheap", "c/poor"]


def test_a_cascade_that_pays_is_not_hidden_by_a_better_one_that_costs_more() -> None:
    """Here the most valuable pair is no saving for an accepted result; another one is."""
    near = known("c/near", 0.899, 2 * CENT - 1)
    found = weighed(CHEAP, near, DEAR)
    assert found.taken is not None
    assert found.taken.models == ("a/cheap", "b/dear")
    assert all(one.value_nanousd <= found.taken.value_nanousd for one in found.ways if
               one.beats(found.alone))  # fmt: skip


def test_a_check_that_lets_bad_results_through_is_worth_less() -> None:
    exact, loose = weighed(CHEAP, DEAR), weighed(CHEAP, DEAR, check=Check("judges", 0, 0.1))
    assert loose.alone.value_nanousd < exact.alone.value_nanousd
    assert loose.ways[0].value_nanousd < exact.ways[0].value_nanousd


def test_a_way_beats_another_by_value_and_by_the_cost_of_each_result() -> None:
    way = Way(("a", "b"), 0.5, 10.0, 40.0)
    assert way.cost_per_accepted_nanousd == 20.0
    assert way.beats(Way(("b", "b"), 0.5, 20.0, 30.0))
    assert not way.beats(Way(("b", "b"), 0.5, 20.0, 40.0))
    assert not way.beats(Way(("b", "b"), 0.5, 9.0, 30.0))
    never = Way(("b", "b"), 0.0, 10.0, -10.0)
    assert way.beats(never)
    assert never.cost_per_accepted_nanousd is None
    assert not never.beats(Way(("b", "b"), 0.0, 20.0, -20.0))
    assert never.as_json()["cost_per_accepted_nanousd"] is None


def test_the_choice_follows_with_what_was_chosen_first_to_fall_back_on() -> None:
    third = known("c/third", 0.8, CENT)
    choice = chosen(CHEAP, DEAR, third)
    way = weighed(CHEAP, DEAR, third).taken
    assert way is not None
    led = led_by(choice, way)
    assert led.model == way.models[0]
    assert led.fallbacks[0] == choice.model
    assert {led.model, *led.fallbacks} == {choice.model, *choice.fallbacks}
    assert len(led.fallbacks) == len(choice.fallbacks)


def test_a_cascade_explains_itself() -> None:
    data = json.loads(json.dumps(weighed(CHEAP, DEAR).as_json()))["cascade"]
    assert (data["taken"], data["step"], data["of"]) == (True, 1, 2)
    assert data["models"] == data["ways"][0]["models"] == ["a/cheap", "b/dear"]
    assert data["check"] == {"kind": "json_schema", "cost_nanousd": 0, "wrong_pass": 0.0}
    assert data["ways"][0]["value_nanousd"] > data["alone"]["value_nanousd"]
    step = json.loads(json.dumps(Escalation(("a/cheap", "b/dear"), "it failed").as_json()))
    assert step["cascade"] == {
        "taken": True, "step": 2, "of": 2, "models": ["a/cheap", "b/dear"], "why": "it failed",
    }  # fmt: skip


@given(
    st.floats(0.5, 0.99),
    st.floats(0.5, 0.99),
    st.integers(1, 10**9),
    st.floats(0, 10**8),
    st.sampled_from(["quality", "balanced", "cost"]),
)
def test_a_cascade_is_never_expected_to_be_worse_than_the_best_alone(
    cheap: float, dear: float, price: int, checking: float, preference: str
) -> None:
    candidates = [known("a/cheap", cheap, CENT // 10), known("b/dear", dear, price)]
    choice = chosen(*candidates, preference=preference)
    found = weigh(choice, Check("pytest", checking), {"a/cheap": 1.0, "b/dear": 1.0}, PLENTY)
    if (way := found.taken) is not None:
        assert way.value_nanousd > found.alone.value_nanousd
        mine, alone = way.cost_per_accepted_nanousd, found.alone.cost_per_accepted_nanousd
        assert mine is not None and (alone is None or mine < alone)


def test_the_accept_threshold_is_the_lowest_that_is_safe() -> None:
    judged = [(0.9, True)] * 40 + [(0.8, True)] * 30 + [(0.7, True)] * 10 + [(0.7, False)] * 10
    assert accept_threshold(judged, wrong_pass=0.05) == 0.8
    assert accept_threshold(judged, wrong_pass=0.2) == 0.7


def test_no_threshold_is_learned_from_little_or_from_a_blind_judge() -> None:
    assert accept_threshold([(0.9, True)] * 19, wrong_pass=0.1) is None
    blind = [(number / 100, number % 2 == 0) for number in range(100)]
    assert accept_threshold(blind, wrong_pass=0.1) is None
