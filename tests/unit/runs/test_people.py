"""What people's verdicts weigh."""

from __future__ import annotations

from routing.core.quality import FEEDBACK_WEIGHT
from runs.core.people import weight_of_verdict


def test_a_verdict_weighs_more_than_an_attempt_and_each_further_one_half_as_much():
    weights = [weight_of_verdict(earlier) for earlier in range(5)]
    assert weights == [FEEDBACK_WEIGHT, FEEDBACK_WEIGHT / 2, FEEDBACK_WEIGHT / 4, None, None]


def test_however_many_there_are_a_tasks_verdicts_weigh_less_than_two():
    assert sum(weight_of_verdict(earlier) or 0 for earlier in range(100)) < 2 * FEEDBACK_WEIGHT
