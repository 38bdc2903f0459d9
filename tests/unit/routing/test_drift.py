"""Telling a model that changed from one that only varies."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from routing.core.drift import settled, shift_of
from routing.core.quality import NOTHING_SEEN, Observation, Profile, faded, fading, observe

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def seen(scores: list[float], profile: Profile = NOTHING_SEEN) -> Profile:
    for score in scores:
        at = NOW - timedelta(seconds=1_000 - profile.n)
        profile = observe(profile, Observation(at, score))
    return profile


def now(profile: Profile) -> Profile:
    return settled(profile, NOW, fading(NOW))


def steady(count: int, mean: float = 0.9, sd: float = 0.06, seed: int = 1) -> list[float]:
    source = random.Random(seed)
    return [min(max(source.gauss(mean, sd), 0.0), 1.0) for _ in range(count)]


@pytest.mark.parametrize("drop", [0.15, 0.3])
def test_a_model_that_gets_worse_is_noticed_within_twelve_calls(drop: float) -> None:
    before = seen(steady(60))
    noticed = None
    for count in range(1, 13):
        after = seen(steady(count, 0.9 - drop, seed=2), before)
        if shift_of(faded(after, fading(NOW)), NOW):
            noticed = count
            break
    assert noticed is not None
    worse = now(seen(steady(12, 0.9 - drop, seed=2), before))
    assert worse.mean_score == pytest.approx(0.9 - drop, abs=0.07)
    assert worse.weight < 35


def test_a_model_that_gets_better_is_noticed_too() -> None:
    better = now(seen(steady(10, 0.9), seen(steady(60, 0.5))))
    assert better.mean_score == pytest.approx(0.85, abs=0.06)


def test_steady_models_are_hardly_ever_suspected() -> None:
    source = random.Random(5)
    alarms = 0
    for _ in range(40):
        rate = source.choice([0.5, 0.8, 0.95])
        profile = NOTHING_SEEN
        for number in range(150):
            at = NOW - timedelta(seconds=150 - number)
            profile = observe(profile, Observation(at, float(source.random() < rate)))
            alarms += shift_of(faded(profile, fading(NOW)), NOW) is not None
    assert alarms <= 12  # of 6,000


def test_a_steady_profile_stays_as_it_is() -> None:
    profile = seen(steady(50))
    assert now(profile) == faded(profile, fading(NOW))


def test_scores_of_one_moment_have_no_order_and_show_nothing() -> None:
    profile = NOTHING_SEEN
    for score in [0.9] * 40 + [0.1] * 20:
        profile = observe(profile, Observation(NOW, score))
    assert now(profile) == faded(profile, fading(NOW))


def test_few_scores_show_nothing() -> None:
    assert shift_of(faded(seen([0.9] * 5 + [0.1] * 8), fading(NOW)), NOW) is None
    assert shift_of(seen([0.9] * 4), NOW) is None
    assert shift_of(Profile(n=40, weight=40.0, score_sum=20.0, score_sumsq=10.0), NOW) is None


def test_what_faded_before_the_last_scores_shows_nothing() -> None:
    profile = NOTHING_SEEN
    for day in range(60, 0, -1):
        at = NOW - timedelta(days=10 * day)
        profile = observe(profile, Observation(at, 0.9))
    assert now(profile) == faded(profile, fading(NOW))


def test_costs_survive_a_change() -> None:
    profile = NOTHING_SEEN
    for number, score in enumerate([0.9] * 30 + [0.2] * 8):
        at = NOW - timedelta(seconds=60 - number)
        profile = observe(profile, Observation(at, score, 1.0, 500, 10, 20))
    changed = now(profile)
    assert changed.mean_score is not None
    assert changed.mean_score < 0.4
    assert changed.call_weight == pytest.approx(38, rel=0.001)
    assert changed.mean_cost_nanousd == pytest.approx(500)
