"""What is believed of models at tasks that another model failed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from routing.core.beliefs import believe
from routing.core.cascade import LEAST_SCORES, NO_GAIN, TAKEN, Check, Weighed, weigh
from routing.core.chance import chance_of
from routing.core.choice import Choice, choose
from routing.core.escalated import escalated, judged_by
from routing.core.levels import Evidence
from routing.core.posterior import Key
from routing.core.quality import NOTHING_SEEN, Estimate, Observation, Profile, observe
from tests.unit.routing.worlds import make_candidate, make_estimate

NOW = datetime(2026, 11, 26, tzinfo=UTC)
KIND = "data_extraction"
CENT = 10_000_000
WRONG_PASS = 0.1


def seen(scores: Iterable[float]) -> Profile:
    profile = NOTHING_SEEN
    for hour, score in enumerate(scores):
        profile = observe(profile, Observation(NOW - timedelta(hours=300 - hour), score))
    return profile


def believed(*keys: Key) -> Estimate:
    """Return the belief at common tasks after 40 good scores there, and 60 bad ones after."""
    kinds = {key: seen([0.93, 0.97] * 20) for key in (("b/dear", KIND), ("a/cheap", KIND))}
    for key in keys:
        kinds[key] = seen([0.93, 0.97] * 20 * (key in kinds) + [0.2, 0.6] * 30)
    return believe(Evidence(team=kinds), {}, NOW).estimate(("b/dear", KIND))


def test_scores_at_tasks_that_another_failed_are_held_against_nobody_elsewhere() -> None:
    fair, apart = believed(), believed(("b/dear", escalated(KIND)))
    assert apart.mean == pytest.approx(fair.mean, abs=0.01)
    assert apart.n == fair.n == 40
    assert believed(("b/dear", KIND)).mean < 0.7, "or there would be nothing to keep apart"


def three(threshold: float | None, preference: str) -> Choice:
    """Return a choice of the dear model, before which two cheaper ones might go."""
    candidates = [
        make_candidate(model, estimate=make_estimate(mean, 0.05, 40), expected_cost_nanousd=price)
        for model, mean, price in (
            ("a/cheap", 0.85, CENT // 10), ("b/dear", 0.95, 2 * CENT), ("c/mean", 0.83, CENT // 2),
        )
    ]  # fmt: skip
    return choose(candidates, preference=preference, draws={}, threshold=threshold)


def judged(
    mean: float,
    n: int = LEAST_SCORES,
    threshold: float | None = 0.8,
    preference: str = "balanced",
) -> tuple[Choice, Weighed, Weighed]:
    """Return a choice, and what was weighed before and after one looks at failed tasks."""
    choice = three(threshold, preference)
    check = Check("json_schema", wrong_pass=WRONG_PASS)
    before = weigh(choice, check, dict.fromkeys(("a/cheap", "b/dear", "c/mean"), 60.0), 3600.0)
    assert before.why == TAKEN
    return choice, before, judged_by(before, choice, make_estimate(mean, n=n))


def test_few_scores_say_nothing() -> None:
    _, before, after = judged(0.1, n=LEAST_SCORES - 1)
    assert after is before


@pytest.mark.parametrize(
    ("mean", "threshold", "preference", "chance"),
    [
        pytest.param(0.8, 0.8, "balanced", chance_of(0.8, 0.15, 0.8), id="as often as it passed"),
        pytest.param(0.9, None, "quality", 0.9, id="scores themselves count"),
    ],
)
def test_the_second_try_counts_as_it_was_seen_to_come_out(
    mean: float, threshold: float | None, preference: str, chance: float
) -> None:
    choice, before, after = judged(mean, threshold=threshold, preference=preference)
    assert before.taken is not None and after.taken is not None
    firsts = {one.candidate.model: one.chance for one in choice.scored}
    for way in (after.alone, *after.ways):
        first = firsts[way.models[0]]
        good = (first + (1 - first) * chance) * (1 - WRONG_PASS)
        assert way.chance == pytest.approx(good)
        assert way.value_nanousd == pytest.approx(choice.worth_nanousd * good - way.cost_nanousd)
    assert after.taken.models == ("a/cheap", "b/dear")
    assert after.taken.cost_nanousd == before.taken.cost_nanousd
    assert len(after.ways) == len(before.ways)


def test_a_second_model_that_cannot_help_ends_the_cascade() -> None:
    choice, _, after = judged(0.1)
    assert (after.taken, after.why) == (None, NO_GAIN)
    values = [one.value_nanousd for one in after.ways]
    assert values == sorted(values, reverse=True)
    assert judged_by(after, choice, make_estimate(0.99, n=99)) is after, "nor is there one now"
