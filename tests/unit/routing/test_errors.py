"""What the errors of routing carry."""

from __future__ import annotations

from types import SimpleNamespace

from routing.core.errors import InsufficientBudget, RoutingError


def test_insufficient_budget_names_the_scope_that_refused() -> None:
    error = InsufficientBudget(SimpleNamespace(scope="team"))

    assert isinstance(error, RoutingError)
    assert error.refusal.scope == "team"
    assert str(error) == "the team budget has no room for this call"


def test_insufficient_budget_blames_the_run_when_nobody_said_who() -> None:
    assert str(InsufficientBudget(None)) == "the run budget has no room for this call"
