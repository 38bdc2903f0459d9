"""API keys at the REST edge."""

from __future__ import annotations

import pytest
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from budgets.api.authentication import ApiKeyAuthentication, caller_of
from budgets.core.access import Action, Scope
from budgets.models import Membership, User
from budgets.services.keys import create_key
from tests.integration.budgets.world import make_world

pytestmark = pytest.mark.django_db


def request_with(header: str | bytes | None) -> Request:
    extra = {} if header is None else {"HTTP_AUTHORIZATION": header}
    raw = APIRequestFactory().get("/", **extra)  # type: ignore[arg-type]
    return Request(raw, authenticators=[ApiKeyAuthentication()])


@pytest.mark.parametrize("word", ["Bearer", "bearer"])
def test_a_bearer_key_makes_the_request_come_from_its_team(word: str) -> None:
    world = make_world()
    _, raw = create_key(team=world.eng, name="ci", scopes=[Scope.RUNS_READ])
    caller = caller_of(request_with(f"{word} {raw}"))
    assert caller.team_ids(Action.READ_RUNS) == {world.eng.pk}


@pytest.mark.parametrize("header", ["Bearer", "Bearer mlo_nope", "Bearer mlo_ü", b"Bearer \xff"])
def test_a_bad_key_is_refused_the_same_way_whatever_is_wrong(header: str | bytes) -> None:
    with pytest.raises(AuthenticationFailed, match="not valid"):
        ApiKeyAuthentication().authenticate(request_with(header))


@pytest.mark.parametrize("header", [None, "", "Basic abc"])
def test_another_header_is_left_to_others(header: str | None) -> None:
    assert ApiKeyAuthentication().authenticate(request_with(header)) is None


def test_a_refusal_tells_which_header_is_wanted() -> None:
    assert ApiKeyAuthentication().authenticate_header(request_with(None)) == 'Bearer realm="api"'


def test_a_session_makes_the_request_come_from_the_person() -> None:
    world = make_world()
    user = User.objects.create(username="ann", email="a@x.example")
    Membership.objects.create(user=user, org=world.org, role="owner")
    raw = APIRequestFactory().get("/")
    raw.user = user
    request = Request(raw, authenticators=[ApiKeyAuthentication(), SessionAuthentication()])
    assert caller_of(request).user_id == user.pk


def test_nobody_is_not_a_caller() -> None:
    request = request_with(None)
    with pytest.raises(NotAuthenticated):
        caller_of(request)
