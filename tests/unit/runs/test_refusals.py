from __future__ import annotations

from uuid import UUID

import pytest

from runs.core import refusals


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refusals.InvalidSubmission({"team": ["a", "b"], "x": ["c"]}), "team: a b; x: c"),
        (refusals.NotResumable("SUCCESS"), "SUCCESS"),
        (refusals.TeamArchived("Research"), "Research is archived"),
        (refusals.AlreadyEnded("TIMEOUT"), "TIMEOUT"),
        (refusals.NothingToJudge("PENDING"), "PENDING"),
        (
            refusals.RunBudgetSpent(limit_nanousd=2, spent_nanousd=2, requested_nanousd=1),
            "budget_usd",
        ),
        (refusals.ModelsNotAllowed(["m"], "list", "list leaves out m", UUID(int=1)), "leaves out"),
        (refusals.DeniedByPolicy(["m"], "eu only", 3, "outside the eu", UUID(int=1)), "the eu"),
        (
            refusals.NoCommonModel(["m"], "key", "key leaves out m", UUID(int=1), "run"),
            "leaves out",
        ),
    ],
)
def test_every_refusal_says_why(error: refusals.RefusalError, said: str):
    assert said in str(error)


def test_invalid_submission_keeps_the_reasons_of_each_field():
    assert refusals.InvalidSubmission({"team": ("a",)}).errors == {"team": ["a"]}
