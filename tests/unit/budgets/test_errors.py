"""What a refusal says."""

from __future__ import annotations

from budgets.core.errors import (
    BudgetExceeded,
    BudgetsError,
    IdempotencyError,
    InFlight,
    InvalidKey,
    KeyOfArchivedTeam,
    KeyReused,
)


def test_an_exceeded_budget_names_its_scope_and_can_be_raised() -> None:
    error = BudgetExceeded("team", 7, 10, 4, 5, 3, None, ("Ann",))
    assert "team budget 7" in str(error)
    assert isinstance(error, BudgetsError)


def test_both_refusals_of_a_key_are_caught_as_one() -> None:
    assert issubclass(KeyReused, IdempotencyError)
    assert issubclass(InFlight, IdempotencyError)


def test_a_key_of_an_archived_team_is_an_invalid_one_that_says_why() -> None:
    error = KeyOfArchivedTeam("Research")
    assert isinstance(error, InvalidKey)
    assert "Research" in str(error) and "restore it" in str(error)
