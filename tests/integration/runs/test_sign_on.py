"""Single sign-on against a provider that signs its tokens: who enters, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from budgets.core.access import Role
from budgets.models import Invitation, Membership, SignIn, User
from config.env import SignOn
from routing.models import Decision
from tests.fixtures.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    identity_provider,
)
from tests.integration.runs.every_address import addresses
from tests.world import PASSWORD, World, make_user

pytestmark = pytest.mark.django_db
CALLBACK = "/login/sso/callback/"


@pytest.fixture
def provider(settings: Any) -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        settings.OIDC = SignOn(provider.issuer, CLIENT_ID, CLIENT_SECRET, "Acme ID")
        known = deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
        known["openid_connect"]["APPS"][0] |= {
            "client_id": CLIENT_ID,
            "secret": CLIENT_SECRET,
            "settings": {"server_url": provider.issuer},
        }
        settings.SOCIALACCOUNT_PROVIDERS = known
        yield provider


def sign_on(client: Client, provider: IdentityProvider, wanted: str = "", **claims: Any) -> Any:
    """Go the whole way, as a browser does; return the last answer."""
    sent = client.get("/login/sso/", {"next": wanted} if wanted else {})
    assert sent.status_code == 302 and sent["Location"].startswith(provider.issuer)
    return client.get(CALLBACK, provider.grant(sent["Location"], **claims))


def who(client: Client) -> str | None:
    key = client.session.get("_auth_user_id")
    return None if key is None else User.objects.get(pk=key).email


def invite(world: World, email: str = "ann@x.example", **fields: Any) -> Invitation:
    now = timezone.now()
    defaults = {"role": Role.ANALYST, "team": world.team, "invited_by": "ada", "created_at": now,
                "expires_at": now + timedelta(days=1)}  # fmt: skip
    return Invitation.objects.create(org=world.org, email=email, **defaults | fields)


def test_a_member_is_known_by_a_verified_address_and_then_by_the_identity(
    client: Client, provider: IdentityProvider, world: World
):
    ann = make_user(world.org, email="ann@x.example")
    answer = sign_on(client, provider, "/runs/", email="ANN@x.example")
    assert (answer.status_code, answer["Location"], who(client)) == (302, "/runs/", ann.email)
    assert SocialAccount.objects.get().user == ann
    assert SocialAccount.objects.get().extra_data == {}
    change = Decision.objects.get(kind="change", org_id=0)
    assert change.inputs["after"] == {"provider": provider.issuer, "subject": "u-1"}

    again = Client()
    sign_on(again, provider, email="ann@renamed.example")
    assert who(again) == ann.email
    assert SocialAccount.objects.count() == 1


def test_somebody_invited_becomes_the_member_they_were_invited_to_be(
    client: Client, provider: IdentityProvider, world: World
):
    invitation = invite(world)
    assert sign_on(client, provider).status_code == 302
    member = Membership.objects.get(user__email="ann@x.example")
    assert (member.team, member.role) == (world.team, "analyst")
    assert not member.user.has_usable_password()
    invitation.refresh_from_db()
    assert invitation.accepted_at is not None
    assert client.get("/runs/").status_code == 200


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"email_verified": False}, "does not vouch for your e-mail"),
        ({"email_verified": None}, "does not vouch for your e-mail"),
        ({"email_verified": "false"}, "does not vouch for your e-mail"),
        ({"email": ""}, "does not vouch for your e-mail"),
        ({"email": "bob@x.example"}, "Nobody has invited bob@x.example"),
        ({"email": "late@x.example"}, "Nobody has invited late@x.example"),
        ({"email": "off@x.example"}, "off@x.example was switched off here"),
    ],
)
def test_who_is_not_vouched_for_invited_or_active_is_told_so(
    client: Client, provider: IdentityProvider, world: World, claims: dict[str, Any], sentence: str
):
    make_user(world.org, email="ann@x.example")
    make_user(world.org, email="off@x.example", is_active=False)
    past = timezone.now() - timedelta(days=2)
    invite(world, "late@x.example", created_at=past, expires_at=past + timedelta(days=1))
    people = User.objects.count()

    answer = sign_on(client, provider, **claims)
    assert answer.status_code == 403
    assert sentence in answer.content.decode()
    assert (who(client), User.objects.count(), SocialAccount.objects.count()) == (None, people, 0)


def test_who_is_switched_off_stays_out_although_known_and_comes_back_by_an_invitation(
    client: Client, provider: IdentityProvider, world: World
):
    ann = make_user(world.org, email="ann@x.example", password=PASSWORD)
    sign_on(client, provider)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert client.get("/runs/").status_code == 302

    outside = Client()
    assert sign_on(outside, provider).status_code == 403
    invite(world)
    assert sign_on(outside, provider).status_code == 302
    ann.refresh_from_db()
    assert (who(outside), ann.is_active) == (ann.email, True)


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"nonce": "of another log-in"}, 502),
        ({"nonce": None}, 502),
        ({"iss": "https://elsewhere.example"}, 502),
        ({"aud": "another client"}, 502),
        ({"exp": 1}, 502),
        ({"iat": 99_999_999_999}, 502),
        ({"sub": None}, 502),
        ({"sub": 7}, 502),
        ({"email": {"a": 1}}, 502),
        ({"forged": "key"}, 502),
        ({"forged": "alg"}, 502),
        ({"forged": "none"}, 502),
        ({"forged": "html"}, 502),
    ],
)
def test_a_token_that_is_not_the_providers_for_this_log_in_opens_nothing(
    client: Client, provider: IdentityProvider, world: World, claims: dict[str, Any], status: int
):
    make_user(world.org, email="ann@x.example")
    answer = sign_on(client, provider, **claims)
    assert (answer.status_code, who(client)) == (status, None)
    assert "Acme ID could not be reached, or gave an answer" in answer.content.decode()


def test_an_answer_that_this_browser_did_not_ask_for_opens_nothing(
    client: Client, provider: IdentityProvider, world: World
):
    make_user(world.org, email="ann@x.example")
    stolen = provider.grant(Client().get("/login/sso/")["Location"])
    mine = provider.grant(client.get("/login/sso/")["Location"])
    for query in ({}, {"code": "x"}, stolen, mine | {"state": "guessed"}):
        answer = client.get(CALLBACK, query)
        assert (answer.status_code, who(client)) == (400, None), query
    assert client.get(CALLBACK, mine).status_code == 302
    client.logout()
    assert client.get(CALLBACK, mine).status_code == 400  # each answer once


def test_a_code_of_another_log_in_is_refused_by_its_challenge(
    client: Client, provider: IdentityProvider, world: World
):
    make_user(world.org, email="ann@x.example")
    stolen = provider.grant(Client().get("/login/sso/")["Location"])
    mine = provider.grant(client.get("/login/sso/")["Location"])
    answer = client.get(CALLBACK, mine | {"code": stolen["code"]})
    assert (answer.status_code, who(client)) == (502, None)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
def test_a_provider_that_is_down_is_told_in_a_sentence(
    client: Client, provider: IdentityProvider, world: World, path: str
):
    make_user(world.org, email="ann@x.example")
    sent = client.get("/login/sso/")
    provider.broken.add(path)
    answer = client.get(CALLBACK, provider.grant(sent["Location"]))
    assert answer.status_code == 502
    assert "Try again in a minute" in answer.content.decode()
    if "well-known" in path:
        assert client.get("/login/sso/").status_code == 502


def test_nobody_listening_or_another_name_is_told_in_a_sentence(
    client: Client, provider: IdentityProvider, world: World
):
    make_user(world.org, email="ann@x.example")
    provider.calls_itself = "https://elsewhere.example"
    answer = sign_on(client, provider, iss=provider.calls_itself)
    assert (answer.status_code, who(client)) == (502, None)
    provider.shutdown()
    provider.server_close()
    assert client.get("/login/sso/").status_code == 502


def test_somebody_who_says_no_at_the_provider_is_not_logged_in(
    client: Client, provider: IdentityProvider
):
    query = provider.grant(client.get("/login/sso/")["Location"])
    answer = client.get(CALLBACK, {"state": query["state"], "error": "access_denied"})
    assert (answer.status_code, who(client)) == (502, None)


def test_an_address_may_be_told_by_the_user_information_of_the_same_person(
    client: Client, provider: IdentityProvider, world: World
):
    ann = make_user(world.org, email="ann@x.example")
    said = {"sub": "u-1", "email": "ann@x.example", "email_verified": True}
    bare: dict[str, Any] = {"email": None, "email_verified": None}
    assert sign_on(client, provider, **bare, userinfo=said | {"sub": "u-2"}).status_code == 502
    assert sign_on(client, provider, **bare, userinfo=said).status_code == 302
    assert who(client) == ann.email


def test_an_open_door_makes_newcomers_what_the_operator_said(
    client: Client, provider: IdentityProvider, world: World, settings: Any
):
    settings.OIDC = SignOn(provider.issuer, CLIENT_ID, CLIENT_SECRET, "Acme ID",
                           f"{world.org.slug}/{world.team.slug}:developer")  # fmt: skip
    assert sign_on(client, provider).status_code == 302
    member = Membership.objects.get(user__email="ann@x.example")
    assert (member.team, member.role) == (world.team, "developer")

    settings.OIDC = SignOn(provider.issuer, CLIENT_ID, CLIENT_SECRET, "Acme ID", "gone:developer")
    stranger: dict[str, Any] = {"sub": "u-2", "email": "bob@x.example"}
    assert sign_on(Client(), provider, **stranger).status_code == 403


def test_a_session_by_single_sign_on_is_listed_ended_and_logged_out(
    client: Client, provider: IdentityProvider, world: World
):
    ann = make_user(world.org, email="ann@x.example")
    sign_on(client, provider)
    other = Client()
    sign_on(other, provider)
    assert SignIn.objects.filter(user=ann).count() == 2
    assert client.get("/settings/sessions/").status_code == 200
    client.post("/settings/sessions/others/end/")
    assert other.get("/runs/").status_code == 302
    client.post("/logout/")
    assert (who(client), client.get("/runs/").status_code) == (None, 302)


def test_nobody_is_sent_elsewhere_afterwards(
    client: Client, provider: IdentityProvider, world: World
):
    make_user(world.org, email="ann@x.example")
    answer = sign_on(client, provider, "https://evil.example/")
    assert answer["Location"] == reverse("overview")
    assert client.get("/login/sso/", {"next": "/runs/"})["Location"] == "/runs/"


def test_the_button_is_there_where_a_provider_is_and_keeps_where_one_wanted_to_go(
    client: Client, provider: IdentityProvider
):
    page = client.get("/login/", {"next": "/runs/?status=active"}).content.decode()
    assert "Log in with Acme ID" in page
    assert '/login/sso/?next=/runs/%3Fstatus%3Dactive"' in page


def test_without_a_provider_there_is_no_button_and_no_address(client: Client):
    assert "sso" not in client.get("/login/").content.decode()
    assert client.get("/login/sso/").status_code == 404
    assert client.get(CALLBACK).status_code == 404


def test_no_page_of_the_library_has_an_address(client: Client):
    assert [each for each in addresses(get_resolver()) if "account" in each] == []
    for name in ("login", "signup", "email", "password/reset", "password/change", "inactive"):
        assert client.get(f"/accounts/{name}/").status_code == 404
    assert client.get("/accounts/").status_code == 404
