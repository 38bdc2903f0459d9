"""What an operator types."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone

from budgets.core.access import Action
from budgets.core.errors import InvalidKey
from budgets.models import ApiKey, Budget, Membership, Org, Team, User
from budgets.services.access import authenticate_key, caller_of_user, can
from budgets.services.demo import make_demo
from budgets.services.keys import revoke_key
from routing.models import Decision
from tests.integration.budgets.world import NOW, make_world

pytestmark = pytest.mark.django_db


def output_of(*words: str) -> list[str]:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().splitlines()


def test_create_api_key_prints_the_key_alone_on_its_last_line() -> None:
    world = make_world()
    raw = output_of("create_api_key", "eng", "--scopes", "all", "--name", "ci")[-1]
    caller = authenticate_key(raw, NOW)
    granted = {action for action in Action if can(caller, action, world.eng)}
    assert granted == set(Action) - {Action.SHARE_LEARNING}
    assert ApiKey.objects.get().name == "ci"


def test_create_api_key_is_recorded_without_the_key() -> None:
    make_world()
    raw = output_of("create_api_key", "eng", "--scopes", "all", "--name", "ci")[-1]
    change = Decision.objects.get(kind="change")
    assert (change.actor, change.inputs["what"]) == ("command line", "key")
    assert change.inputs["before"] is None
    assert raw not in str(change.inputs)


def test_create_api_key_grants_only_the_scopes_asked_for() -> None:
    world = make_world()
    raw = output_of("create_api_key", "acme/ops", "--scopes", "runs:read,usage:read")[-1]
    caller = authenticate_key(raw, NOW)
    assert can(caller, Action.READ_RUNS, world.ops)
    assert not can(caller, Action.WRITE_RUNS, world.ops)


def test_create_api_key_limits_models_and_time() -> None:
    make_world()
    limits = ["--models", "sim/gpt-6-luna, sim/kimi-k2.6", "--days", "30"]
    raw = output_of("create_api_key", "eng", "--scopes", "all", *limits)[-1]
    now = timezone.now()
    caller = authenticate_key(raw, now + timedelta(days=29))
    assert caller.models == frozenset({"sim/gpt-6-luna", "sim/kimi-k2.6"})
    with pytest.raises(InvalidKey):
        authenticate_key(raw, now + timedelta(days=31))


@pytest.mark.parametrize("limit", [["--days", "0"], ["--days", "99999999"], ["--models", ", "]])
def test_create_api_key_refuses_limits_that_make_no_sense(limit: list[str]) -> None:
    make_world()
    with pytest.raises(CommandError, match=limit[0]):
        output_of("create_api_key", "eng", "--scopes", "all", *limit)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("team", "scopes", "words"),
    [
        ("nobody", "all", "no team"),
        ("eng", "fly", "unknown scope"),
        ("eng", "", "no scope"),
    ],
)
def test_create_api_key_refuses_and_makes_nothing(team: str, scopes: str, words: str) -> None:
    make_world()
    with pytest.raises(CommandError, match=words):
        output_of("create_api_key", team, "--scopes", scopes)
    assert not ApiKey.objects.exists()


def test_create_api_key_asks_for_the_org_where_several_have_the_team() -> None:
    make_world()
    make_world(slug="other")
    with pytest.raises(CommandError, match="acme/eng, other/eng"):
        output_of("create_api_key", "eng", "--scopes", "all")


def test_make_demo_makes_an_org_that_can_be_used_at_once() -> None:
    lines = output_of("make_demo")
    org = Org.objects.get(slug="demo")
    assert {team.slug for team in Team.objects.filter(org=org)} == {"eng", "research"}
    assert Budget.objects.filter(org=org).count() == 3
    password = next(line for line in lines if line.startswith("Password:")).split()[-1]
    owner = authenticate(username="owner", password=password)
    assert isinstance(owner, User)
    assert can(caller_of_user(owner), Action.WRITE_BUDGETS, org)
    caller = authenticate_key(lines[-1], NOW)
    assert can(caller, Action.WRITE_RUNS, Team.objects.get(slug="eng"))


def test_only_the_owner_of_a_demo_can_log_in_at_first() -> None:
    make_demo(NOW)
    others = User.objects.exclude(username="owner")
    assert others.count() == 4
    assert not any(user.has_usable_password() for user in others)


def test_make_demo_again_prints_the_same_and_keeps_what_was_changed() -> None:
    first = output_of("make_demo")
    Budget.objects.update(limit_nanousd=7)
    Membership.objects.filter(user__username="dev").update(role="admin")
    assert output_of("make_demo") == first
    assert set(Budget.objects.values_list("limit_nanousd", flat=True)) == {7}
    assert Membership.objects.get(user__username="dev").role == "admin"
    assert ApiKey.objects.count() == 1
    assert User.objects.count() == 5


def test_make_demo_keeps_a_password_that_someone_set() -> None:
    make_demo(NOW)
    owner = User.objects.get(username="owner")
    owner.set_password("my own one")
    owner.save(update_fields=["password"])
    assert make_demo(NOW).password is None
    assert authenticate(username="owner", password="my own one") == owner


def test_make_demo_follows_a_revoked_key_by_one_that_works() -> None:
    first = make_demo(NOW)
    revoke_key(ApiKey.objects.get(), NOW)
    second = make_demo(NOW)
    assert second.api_key != first.api_key
    authenticate_key(second.api_key, NOW)
    assert make_demo(NOW).api_key == second.api_key
    assert ApiKey.objects.count() == 2


def test_make_demo_under_another_secret_prints_a_key_that_works_and_ends_the_old_one(
    settings: pytest.FixtureRequest,
) -> None:
    first = make_demo(NOW)
    settings.SECRET_KEY = "another secret"  # type: ignore[attr-defined]
    second = make_demo(NOW)
    assert second.api_key != first.api_key
    authenticate_key(second.api_key, NOW)
    assert ApiKey.objects.filter(revoked_at=None).count() == 1


def test_make_demo_stores_neither_key_nor_password() -> None:
    demo = make_demo(timezone.now() - timedelta(days=1))
    rows = [*User.objects.values(), *ApiKey.objects.values()]
    stored = " ".join(str(value) for row in rows for value in row.values())
    assert demo.password is not None
    assert demo.password not in stored
    assert demo.api_key.split("_")[-1] not in stored
