"""Advice from tallies: money, quality, intervals, and when to hold one's tongue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.core.advice import (
    MIN_ATTEMPTS,
    NO_SAVING,
    TOO_FEW,
    WORSE,
    Tally,
    advise,
    objection,
    quantile,
    total,
    weigh,
)


def tally(n: int = 100, *, cost: float = 10.0, accepted: float = 0.8, score: float = 0.9) -> Tally:
    """Make attempts that cost nearly the same each and scatter a little around their score."""
    taken = round(n * accepted)
    return Tally(
        n=n,
        accepted=taken,
        cost=n * cost,
        cost_squared=n * cost * cost * 1.04,
        accepted_cost=taken * cost,
        scored=n,
        score=n * score,
        score_squared=n * (score * score + 0.0009),
    )


def test_the_saving_is_what_was_spent_less_what_the_same_results_would_have_cost():
    advice = weigh("a", "b", {"a": tally(cost=10), "b": tally(cost=4)}, 30)
    assert advice is not None
    # 80 accepted results took 1000, and would have taken 80 x 5.
    assert advice.saving.value == pytest.approx(600)
    assert advice.saving.low < 600 < advice.saving.high
    assert advice.n == 200 and objection(advice) is None


def test_fewer_days_are_stretched_to_a_month():
    both = {"a": tally(cost=10), "b": tally(cost=4)}
    month, week = weigh("a", "b", both, 30), weigh("a", "b", both, 10)
    assert month is not None and week is not None
    assert week.saving.value == pytest.approx(3 * month.saving.value)


@pytest.mark.parametrize(
    ("here", "there", "days"),
    [
        (tally(MIN_ATTEMPTS - 1), tally(), 30),
        (tally(), tally(MIN_ATTEMPTS - 1), 30),
        (tally(accepted=0.05), tally(), 30),
        (tally(), tally(), 2),
    ],
)
def test_too_little_is_no_ground_for_advice(here: Tally, there: Tally, days: float):
    assert weigh("a", "b", {"a": here, "b": there}, days) is None


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (tally(cost=10), NO_SAVING),
        (tally(cost=14), NO_SAVING),
        (tally(cost=4, score=0.85), WORSE),
        (replace(tally(cost=4), scored=5, score=4.5, score_squared=4.06), TOO_FEW),
        (tally(cost=4), None),
    ],
)
def test_what_the_interval_leaves_open_is_not_advised(there: Tally, why: str | None):
    advice = weigh("a", "b", {"a": tally(), "b": there}, 30)
    assert advice is not None
    assert objection(advice) == why


def test_the_best_advice_saves_most_at_its_lower_end_and_obeys_who_may_move():
    three = {"a": tally(cost=10), "b": tally(cost=4), "c": tally(cost=2)}
    best = advise(three, 30)
    assert best is not None and (best.current, best.proposed) == ("a", "c")
    other = advise(three, 30, lambda current, proposed: proposed != "c")
    assert other is not None and (other.current, other.proposed) == ("a", "b")
    assert advise({}, 30) is None


def test_more_evidence_never_widens_the_interval_of_a_month():
    def width(times: int) -> float:
        both = {"a": tally(100 * times, cost=10), "b": tally(100 * times, cost=4)}
        advice = weigh("a", "b", both, 30 * times)
        assert advice is not None
        return advice.saving.high - advice.saving.low

    assert width(1) > width(2) > width(4)


def test_tallies_add_up_and_nothing_divides_by_nothing():
    assert total([tally(10), tally(20)]).n == 30
    assert Tally().cost_per_accepted is None and Tally().mean_score is None
    assert Tally(scored=1, score=0.9, score_squared=0.81).score_variance() == 1.0
    assert tally().cost_per_accepted == pytest.approx(12.5)


@pytest.mark.parametrize(
    ("count", "exact"), [(6, 1.476), (11, 1.372), (31, 1.310), (10_000, 1.282)]
)
def test_quantiles_are_those_of_student(count: int, exact: float):
    assert quantile(count) == pytest.approx(exact, abs=0.005)
