"""Recorded outcomes streamed through the product's choice and learning, and its rivals."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest

from routing.core.frontier import judge
from routing.core.outcomes import Outcomes, Prompt, outcomes_from
from routing.core.replay import Learner, all_seen, play
from routing.core.rivals import RIVALS, Chance, Rival

SKILLS = {"easy": (0.8, 0.85, 0.9), "hard": (0.2, 0.7, 0.9), "odd": (0.9, 0.3, 0.5)}
PRICES = (1_000.0, 10_000.0, 100_000.0)


def world(count: int = 300, seed: int = 1) -> Outcomes:
    source = random.Random(seed)
    prompts = []
    for _ in range(count):
        category = source.choice(sorted(SKILLS))
        scores = tuple(float(source.random() < skill) for skill in SKILLS[category])
        costs = tuple(price * source.uniform(0.8, 1.2) for price in PRICES)
        prompts.append(Prompt(category, 50, scores, costs))
    return Outcomes(("cheap", "middle", "dear"), tuple(prompts))


def product(outcomes: Outcomes, rate: float, **options: Any) -> tuple[float, float]:
    draw = partial(random.Random(rate).gauss, 0.0, 1.0)
    learner = Learner(outcomes.models, rate, draw)
    return play(outcomes, range(len(outcomes.prompts)), learner, **options)


def test_it_comes_near_the_best_model_of_every_category() -> None:
    outcomes = world(600)
    cost, score = product(outcomes, 0.0)
    assert score > 0.9 * max(point[1] for point in outcomes.oracle())
    assert score > outcomes.frame.best[1]
    assert cost < outcomes.frame.best[0]


def test_the_exchange_rate_trades_quality_for_money() -> None:
    outcomes = world(150)
    points = [product(outcomes, rate) for rate in (0.0, 0.2, 3.0)]
    assert points[0][0] > points[1][0] > points[2][0]
    assert points[0][1] > points[2][1]


def test_a_replay_is_the_same_every_time() -> None:
    assert product(world(100), 0.1) == product(world(100), 0.1)


def test_it_learns_nothing_from_models_that_were_not_chosen() -> None:
    outcomes = world(80)
    learner = Learner(outcomes.models, 0.1, partial(random.Random(1).gauss, 0, 1))
    play(outcomes, range(80), learner)
    assert sum(profile.n for profile in learner.profiles.values()) == 80


def test_full_information_sees_every_outcome_and_does_not_explore() -> None:
    outcomes = world(80)
    learner = Learner(outcomes.models, 0.1, None)
    play(outcomes, range(80), learner, step=all_seen)
    assert sum(profile.n for profile in learner.profiles.values()) == 240


def test_a_warm_start_is_seen_but_not_counted() -> None:
    outcomes = world(200)
    learner = Learner(outcomes.models, 0.0, partial(random.Random(1).gauss, 0, 1))
    play(outcomes, range(200), learner, warm=100)
    assert sum(profile.n for profile in learner.profiles.values()) == 100 * 3 + 100
    warm, cold = (product(outcomes, 0.0, warm=number)[1] for number in (100, 0))
    assert warm > cold


def test_of_several_passes_the_last_counts() -> None:
    outcomes = world(200)
    learner = Learner(outcomes.models, 0.0, partial(random.Random(1).gauss, 0, 1))
    _, score = play(outcomes, range(200), learner, passes=2)
    assert learner.calls == 400
    assert score > product(outcomes, 0.0)[1]


@pytest.mark.parametrize("name", RIVALS)
def test_rivals_learn_too(name: str) -> None:
    outcomes = world(800)
    source = random.Random(2)
    index, explore = RIVALS[name]
    chance = Chance(source.random, partial(source.gauss, 0, 1))
    _, score = Rival(3, index, explore, 0.0, chance).play(outcomes, range(800))
    assert outcomes.random()[0][1] + 0.05 < score < max(point[1] for point in outcomes.oracle())


def test_money_counts_for_rivals() -> None:
    outcomes = world(400)
    index, explore = RIVALS["flat Thompson per category"]
    chance = Chance(random.Random(2).random, partial(random.Random(2).gauss, 0, 1))
    dear, _ = Rival(3, index, explore, 0.0, chance).play(outcomes, range(400))
    cheap, _ = Rival(3, index, explore, 1e-3, chance).play(outcomes, range(400))
    assert cheap < dear / 10


def test_hindsight_is_ordered_as_it_must_be() -> None:
    outcomes = world()
    frame = outcomes.frame
    mix = judge(outcomes.mix(), frame)
    oracle = judge(outcomes.oracle(), frame)
    assert judge(outcomes.random(), frame).aiq <= mix.aiq < oracle.aiq
    assert oracle.naiq == pytest.approx(1.0)
    assert frame.cheapest == outcomes.singles[0]
    assert frame.best == outcomes.singles[2]


def row(prompt: str, model: str, score: str, **more: str) -> dict[str, str]:
    fields = {"prompt_id": prompt, "category": "c", "prompt": "four", "model": model}
    return fields | {"score": score, "cost_usd": "0.000001", "input_tokens": ""} | more


def test_rows_become_outcomes() -> None:
    rows = [row("1", "a", "0.5"), row("1", "b", "1", cost_usd="", input_tokens="7.0")]
    found = outcomes_from([*rows, row("2", "a", "1"), row("2", "b", "")])
    assert found.models == ("a", "b")
    assert found.prompts == (Prompt("c", 4, (0.5, 1.0), (1000.0, 0.0)),)


def test_only_the_first_prompts_are_read_where_asked() -> None:
    rows = [row(str(number), "a", "1") for number in range(5)]
    assert len(outcomes_from(rows, limit=2).prompts) == 2


def test_rows_without_a_full_prompt_are_refused() -> None:
    with pytest.raises(ValueError, match="every model"):
        outcomes_from([])
    free = outcomes_from([row("1", "a", "1", cost_usd="0")])
    assert judge(free.oracle(), free.frame).aiq == 1.0
