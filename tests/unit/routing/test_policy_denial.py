"""When it is policies that leave no model, and how that is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from routing.core.candidates import (
    ALREADY_TRIED,
    NOT_ALLOWED,
    NOT_ENOUGH_MONEY,
    POLICY,
    UNHEALTHY,
    WRONG_TASK_TYPE,
    Removal,
)
from routing.core.errors import NoCandidate, PolicyDenied
from routing.core.policy_denial import no_candidate

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def by(policy: str, model: str = "a/one") -> Removal:
    return Removal(model, POLICY, f"{policy} v2: provider a is blocked", None, policy, 2)


def test_policies_and_what_always_holds_deny_a_call() -> None:
    removed = [by("q"), by("p"), by("p"), Removal("b/one", NOT_ALLOWED),
               Removal("c/one", WRONG_TASK_TYPE)]  # fmt: skip
    error = no_candidate(removed)
    assert isinstance(error, PolicyDenied)
    assert (error.policy, error.version, error.retry_at) == ("p", 2, None)
    assert str(error).startswith("no model is left by p v2, q v2: a/one (q v2: provider a is bl")
    assert error.removed == tuple(removed)


def test_of_two_policies_that_removed_as_many_the_first_by_name_is_named() -> None:
    error = no_candidate([by("q"), by("p")])
    assert isinstance(error, PolicyDenied)
    assert error.policy == "p"


@pytest.mark.parametrize("reason", [UNHEALTHY, NOT_ENOUGH_MONEY, ALREADY_TRIED])
def test_where_waiting_or_money_may_help_it_is_no_denial(reason: str) -> None:
    error = no_candidate([by("p"), Removal("b/one", reason, retry_at=NOW)])
    assert type(error) is NoCandidate
    assert error.retry_at == NOW


def test_without_a_policy_it_is_no_denial() -> None:
    assert type(no_candidate([Removal("a/one", NOT_ALLOWED)])) is NoCandidate
    assert type(no_candidate([])) is NoCandidate


def test_a_sentence_names_a_few_models_and_counts_the_rest() -> None:
    error = no_candidate([by("p", f"a/{number}") for number in range(9)])
    assert str(error).endswith("; and 4 more")
