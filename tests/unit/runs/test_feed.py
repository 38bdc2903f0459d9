"""Who may see which event, as a table."""

from __future__ import annotations

import pytest

from budgets.core.access import Action, Caller
from runs.core.feed import action_to_see, may_see

RUNS, MONEY = Action.READ_RUNS, Action.READ_BUDGETS
DEVELOPER = Caller(
    "dev",
    user_id=1,
    org_ids=frozenset({1}),
    team_actions={10: frozenset({RUNS, MONEY}), 11: frozenset({MONEY})},
)
OWNER = Caller(
    "own",
    user_id=2,
    org_ids=frozenset({1}),
    org_actions={1: frozenset({RUNS, MONEY})},
    team_actions={10: frozenset({RUNS, MONEY}), 11: frozenset({RUNS, MONEY})},
)
NOBODY = Caller("nobody", user_id=3)


@pytest.mark.parametrize(
    ("kind", "action"),
    [("run.started", RUNS), ("run.budget", RUNS), ("breaker.changed", RUNS), ("", RUNS),
     ("budget.alert", MONEY), ("budget.", MONEY)],
)  # fmt: skip
def test_only_events_of_budgets_need_the_right_to_read_budgets(kind: str, action: Action):
    assert action_to_see(kind) is action


@pytest.mark.parametrize(
    ("kind", "org", "team", "seen_by"),
    [
        ("run.started", 1, 10, {"dev", "own"}),
        ("run.started", 1, 11, {"own"}),
        ("budget.alert", 1, 11, {"dev", "own"}),
        ("budget.alert", 1, None, {"own"}),
        ("run.started", 1, None, {"own"}),
        ("run.started", 2, 20, set()),
        ("budget.alert", 2, None, set()),
        ("breaker.changed", None, None, {"dev", "own"}),
    ],
)
def test_an_event_is_seen_where_the_right_is_granted(
    kind: str, org: int | None, team: int | None, seen_by: set[str]
):
    callers = (DEVELOPER, OWNER, NOBODY)
    assert {each.name for each in callers if may_see(each, kind, org, team)} == seen_by
