"""When a cheap model is tried first."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.core.cascade import Cascade, Check, accept_threshold, cascade_of
from routing.core.choice import choose
from tests.unit.routing.worlds import make_candidate

VALIDATOR = Check("validator")


def cascade(
    cheap: float = 0.75, dear: float = 0.9, price: int = 40_000_000, check: Check = VALIDATOR
) -> Cascade | None:
    candidates = [
        make_candidate("a/cheap", mean=cheap, expected_cost_nanousd=1_000_000),
        make_candidate("b/dear", mean=dear, expected_cost_nanousd=price),
    ]
    made = choose(candidates, preference="balanced", draws={}, threshold=0.8)
    return cascade_of(made.scored, made.worth_nanousd, check)


def test_a_cheap_model_goes_first_where_failure_is_seen_and_costs_little() -> None:
    found = cascade()
    assert found is not None
    assert found.models == ("a/cheap", "b/dear")
    assert found.value_nanousd > found.alone_value_nanousd
    assert found.cost_nanousd < 40_000_000
    assert found.chance > 0.8


def test_a_hopeless_model_is_not_tried_first() -> None:
    assert cascade(cheap=0.5) is None


def test_without_a_second_priced_model_there_is_no_cascade() -> None:
    one = make_candidate("a/cheap")
    unknown = make_candidate("b/x", expected_cost_nanousd=None, upper_bound_nanousd=None)
    made = choose([one, unknown], preference="balanced", draws={})
    assert cascade_of(made.scored, made.worth_nanousd, VALIDATOR) is None
    twins = [make_candidate("a/one"), make_candidate("b/two")]
    made = choose(twins, preference="balanced", draws={})
    assert cascade_of(made.scored, made.worth_nanousd, VALIDATOR) is None


def test_a_check_that_costs_more_than_it_saves_is_not_bought() -> None:
    assert cascade(check=Check("judge", cost_nanousd=60_000_000)) is None


def test_a_check_that_lets_bad_results_through_is_worth_less() -> None:
    exact, loose = cascade(), cascade(check=Check("judge", wrong_pass=0.3))
    assert exact is not None
    assert loose is None or loose.value_nanousd < exact.value_nanousd


def test_a_cascade_explains_itself() -> None:
    found = cascade()
    assert found is not None
    data = json.loads(json.dumps(found.as_json()))
    assert data["models"] == ["a/cheap", "b/dear"]
    assert data["alone"] in ("a/cheap", "b/dear")
    assert data["value_nanousd"] > data["alone_value_nanousd"]


@given(st.floats(0.5, 0.99), st.floats(0.5, 0.99), st.integers(1_000_001, 10**9))
def test_a_cascade_is_never_expected_to_be_worse_than_the_best_alone(
    cheap: float, dear: float, price: int
) -> None:
    found = cascade(cheap, dear, price)
    assert found is None or found.value_nanousd > found.alone_value_nanousd


def test_the_accept_threshold_is_the_lowest_that_is_safe() -> None:
    judged = [(0.9, True)] * 40 + [(0.8, True)] * 30 + [(0.7, True)] * 10 + [(0.7, False)] * 10
    assert accept_threshold(judged, wrong_pass=0.05) == 0.8
    assert accept_threshold(judged, wrong_pass=0.2) == 0.7


def test_no_threshold_is_learned_from_little_or_from_a_blind_judge() -> None:
    assert accept_threshold([(0.9, True)] * 19, wrong_pass=0.1) is None
    blind = [(number / 100, number % 2 == 0) for number in range(100)]
    assert accept_threshold(blind, wrong_pass=0.1) is None


def test_a_check_says_how_often_a_result_passes() -> None:
    check = Check("judge", wrong_pass=0.1, wrong_fail=0.2)
    assert check.passes(0.5) == pytest.approx(0.45)
