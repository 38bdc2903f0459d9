"""Who a key or a person is, and what they may do and see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from budgets import selectors
from budgets.core.access import Action, Caller, Scope
from budgets.core.errors import InvalidKey, UnknownTeam
from budgets.models import ApiKey, Budget, Membership, Team, User
from budgets.services.access import (
    allowed_models,
    authenticate_key,
    caller_now,
    caller_of_user,
    callers_now,
    can,
    digest_of,
)
from budgets.services.keys import create_key, revoke_key
from tests.integration.budgets.world import NOW, World, make_world

pytestmark = pytest.mark.django_db

READER = (Scope.RUNS_READ,)


def person(name: str, org_role: str = "", team: Team | None = None, team_role: str = "") -> User:
    user = User.objects.create(username=name, email=f"{name}@x.example")
    if team is not None and team_role:
        Membership.objects.create(user=user, org=team.org, team=team, role=team_role)
    if team is not None and org_role:
        Membership.objects.create(user=user, org=team.org, role=org_role)
    return user


def key_of(world: World, **changes: object) -> tuple[ApiKey, str]:
    fields: dict[str, object] = {"team": world.eng, "name": "ci", "scopes": READER}
    return create_key(**(fields | changes))  # type: ignore[arg-type]


def test_a_key_opens_its_own_team_with_its_own_scopes() -> None:
    world = make_world()
    key, raw = key_of(world, allowed_models=["b", "a"])
    caller = authenticate_key(raw, NOW)
    assert can(caller, Action.READ_RUNS, world.eng)
    assert not can(caller, Action.WRITE_RUNS, world.eng)
    assert not can(caller, Action.READ_RUNS, world.ops)
    assert not can(caller, Action.READ_RUNS, world.org)
    assert caller.models == frozenset("ab")
    assert (caller.api_key_id, caller.user_id) == (key.pk, None)


def test_a_key_is_long_random_and_stored_only_as_a_digest() -> None:
    world = make_world()
    key, raw = key_of(world)
    word, prefix, secret = raw.split("_")
    assert (word, prefix) == ("mlo", key.prefix)
    assert len(bytes.fromhex(secret)) == 32
    assert key.digest == digest_of(raw)
    stored = " ".join(str(value) for value in ApiKey.objects.values().get().values())
    assert secret not in stored
    assert key_of(world)[1] != raw


@pytest.mark.parametrize(
    "raw", ["", "mlo_", "nonsense", "mlo_12345678_00", "mlo_ü", "mlo_" + "a" * 5000, "mlo_\x00"]
)
def test_what_is_no_key_opens_nothing(raw: str) -> None:
    with pytest.raises(InvalidKey):
        authenticate_key(raw, NOW)


def test_a_revoked_key_opens_nothing_and_is_revoked_once() -> None:
    key, raw = key_of(make_world())
    assert revoke_key(key, NOW)
    assert not revoke_key(key, NOW + timedelta(days=1))
    key.refresh_from_db()
    assert key.revoked_at == NOW
    with pytest.raises(InvalidKey):
        authenticate_key(raw, NOW)


def test_a_key_opens_until_the_very_moment_it_expires() -> None:
    _, raw = key_of(make_world(), expires_at=NOW)
    authenticate_key(raw, NOW - timedelta(microseconds=1))
    with pytest.raises(InvalidKey):
        authenticate_key(raw, NOW)


def test_the_last_use_is_written_at_most_once_a_minute() -> None:
    key, raw = key_of(make_world())
    seen = []
    for seconds in (0, 1, 59, 60, 61, 180):
        authenticate_key(raw, NOW + timedelta(seconds=seconds))
        key.refresh_from_db()
        assert key.last_used_at is not None
        seen.append((key.last_used_at - NOW).total_seconds())
    assert seen == [0, 0, 0, 60, 60, 180]


def test_a_key_used_again_within_the_minute_costs_one_query(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    _, raw = key_of(make_world())
    authenticate_key(raw, NOW)
    with django_assert_num_queries(1):  # type: ignore[operator]
        authenticate_key(raw, NOW + timedelta(seconds=1))


def test_a_role_in_an_org_holds_in_all_its_teams_and_no_others() -> None:
    world, other = make_world(), make_world(slug="other")
    caller = caller_of_user(person("ann", org_role="owner", team=world.eng))
    assert all(
        can(caller, Action.WRITE_BUDGETS, place) for place in (world.org, world.eng, world.ops)
    )
    assert not any(can(caller, action, other.eng) for action in Action)
    assert not any(can(caller, action, other.org) for action in Action)


def test_a_role_in_a_team_adds_to_the_one_in_the_org_there_alone() -> None:
    world = make_world()
    caller = caller_of_user(
        person("dev", org_role="auditor", team=world.eng, team_role="developer")
    )
    assert can(caller, Action.WRITE_RUNS, world.eng)
    assert can(caller, Action.READ_DECISIONS, world.eng)
    assert not can(caller, Action.WRITE_RUNS, world.ops)
    assert can(caller, Action.READ_RUNS, world.ops)


def test_a_member_of_one_team_does_not_see_the_other_nor_the_orgs_own_things() -> None:
    world = make_world()
    caller = caller_of_user(person("dev", team=world.eng, team_role="admin"))
    assert list(selectors.teams_of(caller)) == [world.eng]
    assert not can(caller, Action.READ_BUDGETS, world.org)
    assert [budget.team for budget in selectors.budgets_of(caller)] == [world.eng]
    assert list(selectors.orgs_of(caller)) == [world.org]


def test_someone_inactive_or_in_no_team_sees_nothing() -> None:
    world = make_world()
    gone = person("gone", org_role="owner", team=world.eng)
    gone.is_active = False
    stranger = User.objects.create(username="s", email="s@x.example", is_superuser=True)
    for user in (gone, stranger):
        caller = caller_of_user(user)
        assert not selectors.teams_of(caller).exists()
        assert not selectors.orgs_of(caller).exists()
        assert not selectors.budgets_of(caller).exists()
        assert not selectors.keys_of(caller).exists()


def test_a_stranger_finds_nothing_of_another_org() -> None:
    world, other = make_world(), make_world(slug="other")
    key_of(other)
    caller = caller_of_user(person("ann", org_role="owner", team=world.eng))
    assert {team.org for team in selectors.teams_of(caller)} == {world.org}
    assert {budget.org for budget in selectors.budgets_of(caller)} == {world.org}
    assert list(selectors.keys_of(caller)) == []
    assert selectors.team_named(caller, "eng") == world.eng


def test_an_owner_sees_the_orgs_budget_and_its_keys() -> None:
    world = make_world()
    key, _ = key_of(world)
    caller = caller_of_user(person("ann", org_role="owner", team=world.eng))
    assert list(selectors.budgets_of(caller)) == list(Budget.objects.order_by("org", "team", "pk"))
    assert list(selectors.keys_of(caller)) == [key]


def test_teams_can_be_asked_for_by_what_may_be_done_in_them() -> None:
    world = make_world()
    caller = caller_of_user(
        person("dev", org_role="analyst", team=world.eng, team_role="developer")
    )
    assert list(selectors.teams_of(caller, Action.WRITE_RUNS)) == [world.eng]
    assert list(selectors.teams_of(caller)) == [world.eng, world.ops]


def test_a_name_that_stands_for_no_team_or_for_several_is_refused() -> None:
    world, other = make_world(), make_world(slug="other")
    everyone = Caller("root", team_actions={world.eng.pk: frozenset(), other.eng.pk: frozenset()})
    with pytest.raises(UnknownTeam, match="acme/eng, other/eng"):
        selectors.team_named(everyone, "eng")
    with pytest.raises(UnknownTeam, match="no team"):
        selectors.team_named(everyone, "ops")
    assert selectors.any_team_named("other/eng") == other.eng
    with pytest.raises(UnknownTeam):
        selectors.any_team_named("nobody/eng")


def test_a_model_must_be_allowed_by_key_and_team() -> None:
    world = make_world()
    world.eng.allowed_models = ["a", "b"]
    assert allowed_models(Caller("k", models=frozenset({"b", "c"})), world.eng) == frozenset("b")
    assert allowed_models(Caller("k"), world.eng) == frozenset("ab")
    assert allowed_models(Caller("k"), world.ops) is None


def test_a_caller_of_some_time_ago_is_looked_up_as_it_stands_now() -> None:
    world = make_world()
    key, raw = key_of(world, expires_at=NOW + timedelta(days=1))
    ann = person("ann", org_role="owner", team=world.eng)
    by_key, by_person = authenticate_key(raw, NOW), caller_of_user(ann)
    Membership.objects.filter(user=ann).update(role="auditor")
    assert caller_now(by_key, NOW) == by_key
    now = caller_now(by_person, NOW)
    assert now is not None
    assert not can(now, Action.WRITE_RUNS, world.eng)
    assert caller_now(by_key, NOW + timedelta(days=1)) is None
    revoke_key(key, NOW)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert caller_now(by_key, NOW) is None
    assert caller_now(by_person, NOW) is None
    assert caller_now(Caller("nobody"), NOW) is None


def test_many_callers_are_looked_up_as_one_by_one_in_as_many_queries(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    world, other = make_world(), make_world(slug="other")
    people = [
        person("ann", org_role="owner", team=world.eng),
        person("dev", org_role="auditor", team=world.eng, team_role="developer"),
        person("ops", team=world.ops, team_role="analyst"),
        person("eve", org_role="owner", team=other.eng),
    ]
    keys = [authenticate_key(key_of(each)[1], NOW) for each in (world, other)]
    asked = [*map(caller_of_user, people), *keys]

    with django_assert_num_queries(4):  # type: ignore[operator]
        found = callers_now(asked, NOW)

    assert found == {caller.pk: caller for caller in asked}
    User.objects.filter(username="ann").update(is_active=False)
    assert set(callers_now(asked, NOW)) == {caller.pk for caller in asked[1:]}
