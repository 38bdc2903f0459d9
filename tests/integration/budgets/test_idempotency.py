"""One request sent twice is done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from budgets.core.access import Action, Caller
from budgets.core.errors import InFlight, KeyReused
from budgets.models import IdempotentRequest, Org, User
from budgets.services.idempotency import Fresh, Replay, begin, finish, forget_expired, give_up
from tests.integration.budgets.world import NOW, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return key_caller(make_world().eng.pk)


def key_caller(team_id: int) -> Caller:
    return Caller("key", api_key_id=1, team_actions={team_id: frozenset(Action)})


def ask(caller: Caller, after: timedelta = timedelta(0), **changes: Any) -> Fresh | Replay:
    fields = {"key": "k", "method": "POST", "path": "/api/v1/runs/", "body_digest": "d"} | changes
    return begin(caller, **fields, now=NOW + after)


def first(caller: Caller, **changes: Any) -> Fresh:
    fresh = ask(caller, **changes)
    assert isinstance(fresh, Fresh)
    return fresh


def test_the_answer_of_the_first_is_given_again(caller: Caller) -> None:
    finish(first(caller), 201, {"id": "r1"})
    assert ask(caller, timedelta(hours=23)) == Replay(201, {"id": "r1"})


def test_a_refusal_is_given_again_too(caller: Caller) -> None:
    finish(first(caller), 422, {"title": "no"})
    assert ask(caller) == Replay(422, {"title": "no"})


@pytest.mark.parametrize(
    "changes", [{"body_digest": "other"}, {"path": "/api/v1/x/"}, {"method": "PUT"}]
)
@pytest.mark.parametrize("finished", [True, False])
def test_the_key_of_another_request_is_refused(
    caller: Caller, changes: dict[str, Any], finished: bool
) -> None:
    fresh = first(caller)
    if finished:
        finish(fresh, 201, {})
    with pytest.raises(KeyReused):
        ask(caller, **changes)


def test_a_request_still_in_flight_is_not_done_twice(caller: Caller) -> None:
    first(caller)
    with pytest.raises(InFlight):
        ask(caller, timedelta(seconds=59))


def test_a_crashed_request_frees_its_key_after_a_minute_even_for_another_body(
    caller: Caller,
) -> None:
    first(caller)
    fresh = ask(caller, timedelta(seconds=60), body_digest="other")
    assert isinstance(fresh, Fresh)
    finish(fresh, 201, {"by": "second"})
    assert ask(caller, timedelta(seconds=61), body_digest="other") == Replay(201, {"by": "second"})


def test_a_slow_request_whose_key_was_taken_over_undoes_its_work(caller: Caller) -> None:
    slow = first(caller)
    ask(caller, timedelta(seconds=61))
    with pytest.raises(InFlight), transaction.atomic():
        Org.objects.create(name="work", slug="work")
        finish(slow, 201, {})
    assert not Org.objects.filter(slug="work").exists()


@pytest.mark.parametrize("status", [500, 503, 429, 401, 409])
def test_a_failure_that_may_pass_is_not_kept(caller: Caller, status: int) -> None:
    finish(first(caller), status, {})
    assert isinstance(ask(caller), Fresh)


def test_a_request_given_up_frees_its_key_and_only_its_own(caller: Caller) -> None:
    old = first(caller)
    new = ask(caller, timedelta(seconds=61))
    give_up(old)
    with pytest.raises(InFlight):
        ask(caller, timedelta(seconds=62))
    assert isinstance(new, Fresh)
    give_up(new)
    assert isinstance(ask(caller, timedelta(seconds=63)), Fresh)


def test_after_a_day_the_key_is_forgotten(caller: Caller) -> None:
    finish(first(caller), 201, {})
    finish(first(caller, key="late", after=timedelta(hours=1)), 201, {})
    assert forget_expired(NOW + timedelta(hours=24)) == 1
    assert IdempotentRequest.objects.get().key == "late"
    assert isinstance(ask(caller, timedelta(hours=24), body_digest="other"), Fresh)


def test_teams_and_people_do_not_share_keys() -> None:
    world = make_world()
    user = User.objects.create(username="ann", email="a@x.example")
    for caller in (
        key_caller(world.eng.pk),
        key_caller(world.ops.pk),
        Caller("ann", user_id=user.pk),
    ):
        assert isinstance(ask(caller), Fresh)


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_1_to_255_characters(caller: Caller, key: str) -> None:
    with pytest.raises(ValueError, match="255"):
        ask(caller, key=key)
    assert isinstance(ask(caller, key="k" * 255), Fresh)
