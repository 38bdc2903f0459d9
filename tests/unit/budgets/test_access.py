"""What roles and scopes grant."""

from __future__ import annotations

import pytest

from budgets.core.access import (
    RAISERS,
    SCOPE_ACTIONS,
    SCOPE_FOR,
    Action,
    Caller,
    Role,
    Scope,
    actions_of_roles,
    actions_of_scopes,
    common_models,
    parse_scopes,
)
from budgets.core.errors import InvalidScope

WRITING = {
    Action.WRITE_RUNS,
    Action.WRITE_BUDGETS,
    Action.WRITE_POLICIES,
    Action.MANAGE_KEYS,
    Action.MANAGE_MEMBERS,
    Action.MANAGE_ORG,
}


@pytest.mark.parametrize(
    ("role", "may_write"),
    [
        (Role.OWNER, WRITING),
        (Role.ADMIN, WRITING),
        (Role.ANALYST, set()),
        (Role.DEVELOPER, {Action.WRITE_RUNS}),
        (Role.AUDITOR, set()),
    ],
)
def test_a_role_writes_no_more_than_its_work_needs(role: Role, may_write: set[Action]) -> None:
    assert actions_of_roles([role]) & WRITING == may_write


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_read_runs_and_money(role: Role) -> None:
    assert {Action.READ_RUNS, Action.READ_USAGE, Action.READ_BUDGETS} <= actions_of_roles([role])


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        (Scope.RUNS_WRITE, {Action.WRITE_RUNS}),
        (Scope.RUNS_READ, {Action.READ_RUNS, Action.READ_TEXTS}),
        (Scope.USAGE_READ, {Action.READ_USAGE, Action.READ_BUDGETS, Action.READ_DECISIONS}),
        (Scope.BUDGETS_WRITE, {Action.READ_BUDGETS, Action.WRITE_BUDGETS}),
        (
            Scope.POLICIES_WRITE,
            {Action.READ_POLICIES, Action.WRITE_POLICIES, Action.STEER_ROUTING},
        ),
        (Scope.ADMIN, set(Action) - {Action.SHARE_LEARNING}),
    ],
)
def test_a_scope_grants_exactly_its_row(scope: Scope, granted: set[Action]) -> None:
    assert actions_of_scopes([scope.value]) == granted


def test_several_roles_or_scopes_add_up() -> None:
    both = actions_of_scopes(["runs:read", "runs:write"])
    assert both == {Action.READ_RUNS, Action.READ_TEXTS, Action.WRITE_RUNS}
    assert Action.WRITE_RUNS in actions_of_roles([Role.ANALYST, Role.DEVELOPER])


def test_nothing_grants_nothing() -> None:
    assert actions_of_roles([]) == frozenset()
    assert actions_of_scopes(["runs:fly", ""]) == frozenset()


def test_those_who_may_write_budgets_may_be_asked_to_raise_one() -> None:
    assert RAISERS == (Role.OWNER, Role.ADMIN)


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("all", tuple(Scope)),
        ("runs:read", (Scope.RUNS_READ,)),
        (" runs:read , runs:write,", (Scope.RUNS_WRITE, Scope.RUNS_READ)),
    ],
)
def test_scopes_are_read_from_one_text(text: str, scopes: tuple[Scope, ...]) -> None:
    assert parse_scopes(text) == scopes


@pytest.mark.parametrize("text", ["", " , ", "runs:fly", "all,runs:read"])
def test_an_unknown_scope_is_refused(text: str) -> None:
    with pytest.raises(InvalidScope):
        parse_scopes(text)


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        (None, None, None),
        (["a"], None, {"a"}),
        (None, ["a"], {"a"}),
        (["a", "b"], ["b", "c"], {"b"}),
        (["a"], [], set()),
    ],
)
def test_only_models_that_both_lists_allow_are_left(
    first: list[str] | None, second: list[str] | None, common: set[str] | None
) -> None:
    assert common_models(first, second) == common


def test_a_caller_lists_the_teams_of_an_action_and_is_known_by_a_name_of_its_own() -> None:
    person = Caller(
        "ann", user_id=3, team_actions={1: frozenset({Action.READ_RUNS}), 2: frozenset()}
    )
    key = Caller("key ci", api_key_id=3)
    assert person.team_ids(Action.READ_RUNS) == {1}
    assert person.is_authenticated
    assert (person.pk, key.pk) == ("user-3", "key-3")


@pytest.mark.parametrize("action", sorted(set(Action) - {Action.SHARE_LEARNING}))
def test_the_scope_to_ask_for_grants_what_was_lacking(action: Action) -> None:
    assert action in SCOPE_ACTIONS[SCOPE_FOR[action]]


def test_only_an_owner_shares_what_was_learned_and_no_key_does() -> None:
    sharing = {role for role in Role if Action.SHARE_LEARNING in actions_of_roles([role])}
    assert sharing == {Role.OWNER}
    assert Action.SHARE_LEARNING not in actions_of_scopes(Scope)
    assert Action.SHARE_LEARNING not in SCOPE_FOR


def test_only_an_auditor_reads_no_texts() -> None:
    readers = {role for role in Role if Action.READ_TEXTS in actions_of_roles([role])}
    assert readers == set(Role) - {Role.AUDITOR}
