"""Advice on planted months: it has the right sign, and its intervals hold what they say."""

from __future__ import annotations

import math
import random

from routing.core.advice import Tally, objection, weigh
from routing.core.trial import differences_of, is_worse

MONTHS = 200
# Per model: attempts a month, accepted share, mean cost of an attempt, mean score.
CURRENT, PROPOSED = (260, 0.8, 100.0, 0.90), (120, 0.75, 55.0, 0.897)
SPREAD = 0.6  # of the logarithm of costs: some attempts cost many times what others do
# What a month saves: as many accepted results at the other's cost of one.
TRUTH = CURRENT[0] * (CURRENT[2] - CURRENT[1] * PROPOSED[2] / PROPOSED[1])
QUALITY = PROPOSED[3] - CURRENT[3]


def poisson(draws: random.Random, mean: float) -> int:
    passed, count = 0.0, -1
    while passed < mean:
        passed += draws.expovariate(1.0)
        count += 1
    return count


def month_of(draws: random.Random, model: tuple[int, float, float, float]) -> Tally:
    n, accepted, cost, score = model
    count = poisson(draws, n)
    paid = [cost * draws.lognormvariate(-SPREAD * SPREAD / 2, SPREAD) for _ in range(count)]
    took = [draws.random() < accepted for _ in range(count)]
    judged = [min(1.0, max(0.0, draws.gauss(score, 0.04))) for _ in range(count)]
    return Tally(
        n=count,
        accepted=sum(took),
        cost=sum(paid),
        cost_squared=sum(each * each for each in paid),
        accepted_cost=sum(each for each, taken in zip(paid, took, strict=True) if taken),
        scored=count,
        score=sum(judged),
        score_squared=sum(each * each for each in judged),
    )


def test_advice_has_the_right_sign_and_covers_the_truth_at_its_rate():
    draws = random.Random(20_261_126)
    found = []
    for _ in range(MONTHS):
        both = {"a": month_of(draws, CURRENT), "b": month_of(draws, PROPOSED)}
        advice = weigh("a", "b", both, 30)
        assert advice is not None and advice.saving.value > 0
        found.append(advice)
    # Three standard errors of a share of 0.8 in 200.
    reach = 3 * math.sqrt(0.8 * 0.2 / MONTHS)
    for covered in (
        [one.saving.low <= TRUTH <= one.saving.high for one in found],
        [one.quality.low <= QUALITY <= one.quality.high for one in found],
    ):
        assert abs(sum(covered) / MONTHS - 0.8) <= reach
    assert sum(objection(one) is None for one in found) > MONTHS / 2


def test_nothing_to_save_is_hardly_ever_advised():
    draws = random.Random(5)
    alike = [
        weigh("a", "b", {"a": month_of(draws, CURRENT), "b": month_of(draws, CURRENT)}, 30)
        for _ in range(60)
    ]
    given = sum(one is not None and objection(one) is None for one in alike)
    # The interval's lower end lies above nothing in one case of ten.
    assert given <= 60 * 0.1 + 3 * math.sqrt(60 * 0.1 * 0.9)


def test_a_model_at_the_tolerance_is_rarely_stopped_however_often_one_looks():
    draws = random.Random(9)
    stopped = 0
    for _ in range(120):
        results = []
        for _ in range(80):
            arm = "proposed" if draws.random() < 0.3 else "current"
            worse = 0.02 if arm == "proposed" else 0.0
            results.append((arm, min(1.0, max(0.0, draws.gauss(0.8 - worse, 0.1)))))
        found = list(differences_of(results))
        stopped += any(is_worse(found[:count]) for count in range(1, len(found) + 1))
    # One in twenty, and three standard errors of such a count.
    assert stopped <= 120 * 0.05 + 3 * math.sqrt(120 * 0.05 * 0.95)
