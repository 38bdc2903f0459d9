"""Recorded outcomes where a score is seen before it counts."""

from __future__ import annotations

import random
from functools import partial

import pytest

from routing.core.escalated import escalated
from routing.core.frontier import Point
from routing.core.outcomes import Outcomes, Prompt
from routing.core.replay import Learner, play
from routing.core.replay_cascade import two_tries
from tests.unit.routing.test_replay import world


def learner(outcomes: Outcomes, rate: float, threshold: float | None = 0.8) -> Learner:
    draw = partial(random.Random(rate).gauss, 0.0, 1.0)
    return Learner(outcomes.models, rate, draw, threshold)


def twice(outcomes: Outcomes, rate: float, count: int = 200) -> Point:
    return play(outcomes, range(count), learner(outcomes, rate), step=two_tries)


def test_what_is_seen_to_fail_is_tried_again_and_both_calls_are_paid() -> None:
    outcomes = world(200)
    cost, score = twice(outcomes, 0.05)
    once_cost, once = play(outcomes, range(200), learner(outcomes, 0.05, None))
    assert score > once + 0.05
    assert cost > 1_000.0  # more than the cheapest model alone
    assert once_cost > 0.0


def test_a_cheap_model_goes_first_where_what_it_fails_is_seen() -> None:
    source = random.Random(3)
    prompts = tuple(
        Prompt("odd", 50, (float(source.random() < 0.7), float(source.random() < 0.95)), (1e3, 2e4))
        for _ in range(80)
    )
    found = Learner(("cheap", "dear"), 0.05, None, threshold=0.8)
    play(Outcomes(("cheap", "dear"), prompts), range(80), found, step=two_tries, warm=40)
    tried = {key: one.n for key, one in found.profiles.items()}
    assert tried["cheap", "odd"] == 80
    assert tried["dear", "odd"] == 40
    assert tried["dear", escalated("odd")] == sum(one.scores[0] == 0.0 for one in prompts[40:])


def test_scores_of_second_tries_are_kept_apart() -> None:
    outcomes = world(120)
    found = learner(outcomes, 0.05)
    play(outcomes, range(120), found, step=two_tries)
    first = sum(
        one.n for (_, kind), one in found.profiles.items() if kind in {"easy", "hard", "odd"}
    )
    again = sum(one.n for (_, kind), one in found.profiles.items() if kind == escalated("hard"))
    assert first == 120
    assert again > 0


def test_no_second_try_is_made_where_it_is_worth_less_than_it_costs() -> None:
    outcomes = Outcomes(("only", "dear"), (Prompt("easy", 50, (0.0, 1.0), (1e3, 1e9)),) * 120)
    found = learner(outcomes, 30.0)
    play(outcomes, range(120), found, step=two_tries)
    dear = sum(one.n for (model, _), one in found.profiles.items() if model == "dear")
    assert dear < 10


def test_one_model_alone_is_tried_once() -> None:
    outcomes = Outcomes(("only",), (Prompt("easy", 50, (0.2,), (1e3,)),) * 5)
    assert play(outcomes, range(5), learner(outcomes, 0.1), step=two_tries) == (1e3, 0.2)


def test_the_better_of_two_counts() -> None:
    outcomes = Outcomes(("a", "b"), (Prompt("easy", 50, (0.6, 0.3), (1e3, 1e3)),) * 30)
    assert play(outcomes, range(30), learner(outcomes, 0.0), step=two_tries)[1] == pytest.approx(
        0.6
    )


def test_without_a_threshold_nothing_can_be_missed() -> None:
    with pytest.raises(ValueError, match="threshold"):
        play(world(5), range(5), learner(world(5), 0.1, None), step=two_tries)
