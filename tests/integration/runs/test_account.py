"""Logging in, sessions and passwords, as people meet them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from budgets.core.access import Role
from budgets.models import Membership, SignIn
from routing.models import RateWindow
from runs.services import login
from tests.world import PASSWORD, World, make_user

pytestmark = pytest.mark.django_db
LOGIN, SESSIONS = "/login/", "/settings/sessions/"


@pytest.fixture
def person(world: World, settings: Any) -> Any:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return make_user(team=world.team, username="ada", password=PASSWORD)


def try_to_log_in(password: str, name: str = "ada", address: str = "10.0.0.1",
                  path: str = LOGIN) -> Any:  # fmt: skip
    return Client().post(path, {"username": name, "password": password}, REMOTE_ADDR=address)


def test_after_five_failures_nobody_looks_at_the_password_for_a_while(person: Any) -> None:
    assert [try_to_log_in("wrong").status_code for _ in range(5)] == [200] * 5

    for response in (try_to_log_in(PASSWORD), try_to_log_in(PASSWORD, name=" ADA ")):
        assert response.status_code == 429
        assert 0 < int(response["Retry-After"]) <= 16 * 60
        assert "Try again in 15 minutes, at" in response.content.decode()
    assert try_to_log_in(PASSWORD, address="10.0.0.2").status_code == 302
    assert try_to_log_in(PASSWORD, name="eve").status_code == 200


def test_the_back_office_counts_in_the_same_place(person: Any) -> None:
    type(person).objects.update(is_staff=True)
    for _ in range(5):
        try_to_log_in("wrong", path="/admin/login/")

    response = try_to_log_in(PASSWORD, path="/admin/login/")
    assert response.status_code == 200
    assert "Too many log-ins" in response.content.decode()
    assert try_to_log_in(PASSWORD).status_code == 429


@pytest.mark.parametrize(
    ("roles", "lands"),
    [
        ([Role.AUDITOR], "/admin/"),
        ([Role.AUDITOR, Role.DEVELOPER], "/overview/"),
        ([Role.OWNER], "/overview/"),
    ],
)
def test_people_begin_where_their_work_is_and_auditors_find_their_room(
    person: Any, world: World, roles: list[Role], lands: str
) -> None:
    Membership.objects.filter(user=person).delete()
    for role in roles:
        team = world.sibling if role is Role.DEVELOPER else None
        Membership.objects.create(user=person, org=world.org, team=team, role=role)
    assert try_to_log_in(PASSWORD)["Location"] == lands
    client = Client()
    client.force_login(person)
    page = client.get("/overview/").content.decode()
    links = {"/admin/": Role.AUDITOR, "/runs/new/": Role.DEVELOPER, "/settings/keys/": Role.OWNER}
    for address, role in links.items():
        allowed = role in roles or (role is Role.DEVELOPER and Role.OWNER in roles)
        assert (f'href="{address}"' in page) is allowed, address


def test_a_log_in_that_works_is_not_counted(person: Any) -> None:
    for _ in range(7):
        assert try_to_log_in(PASSWORD).status_code == 302


def test_guessing_one_name_from_everywhere_and_all_names_from_one_place_ends() -> None:
    now = timezone.now()
    tries = [login.begin("ada", f"10.0.{n}.1", now) for n in range(31)]
    assert [isinstance(one, login.TooManyLogins) for one in tries] == [False] * 30 + [True]
    tries = [login.begin(f"name-{n}", "10.9.9.9", now) for n in range(61)]
    assert [isinstance(one, login.TooManyLogins) for one in tries] == [False] * 60 + [True]
    later = now + timedelta(minutes=16)
    assert not isinstance(login.begin("ada", "10.9.9.9", later), login.TooManyLogins)


def test_what_was_counted_is_forgotten_and_never_names_anybody(person: Any) -> None:
    old = timezone.now() - timedelta(hours=2)
    login.begin("my-password-by-mistake", "10.0.0.1", old)
    assert not RateWindow.objects.filter(key__contains="password").exists()
    try_to_log_in(PASSWORD, address="10.0.0.7")
    assert RateWindow.objects.count() == 3  # of this log-in alone


def two_clients(person: Any) -> tuple[Client, Client]:
    one, other = Client(), Client(headers={"User-Agent": "Other browser"})
    one.force_login(person)
    other.post(LOGIN, {"username": "ada", "password": PASSWORD}, REMOTE_ADDR="10.0.0.9")
    return one, other


def test_a_session_can_be_seen_and_ended(person: Any) -> None:
    one, other = two_clients(person)

    page = one.get(SESSIONS).content.decode()
    assert "10.0.0.9" in page and "Other browser" in page and "this one" in page
    theirs = SignIn.objects.get(address="10.0.0.9")
    one.post(f"{SESSIONS}{theirs.pk}/end/")

    assert other.get(SESSIONS).status_code == 302
    assert one.get(SESSIONS).status_code == 200
    assert "10.0.0.9" not in one.get(SESSIONS).content.decode()


def test_all_others_can_be_ended_at_once(person: Any) -> None:
    one, other = two_clients(person)
    one.post(f"{SESSIONS}others/end/")
    assert other.get(SESSIONS).status_code == 302
    assert one.get(SESSIONS).status_code == 200


def test_nobody_ends_the_sessions_of_others(person: Any, world: World) -> None:
    two_clients(person)
    stranger = Client()
    stranger.force_login(world.stranger)
    theirs = SignIn.objects.get(address="10.0.0.9")
    assert stranger.post(f"{SESSIONS}{theirs.pk}/end/").status_code == 404
    stranger.post(f"{SESSIONS}others/end/")
    assert Session.objects.filter(session_key=theirs.session_key).exists()


def test_another_password_ends_every_other_session(person: Any) -> None:
    one, other = two_clients(person)
    new = "quite-another-passphrase"
    given = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}

    assert one.post("/settings/password/", given | {"old_password": "x"}).status_code == 200
    assert other.get(SESSIONS).status_code == 200
    response = one.post("/settings/password/", given, follow=True)

    assert "The password is changed" in response.content.decode()
    assert "this one" in response.content.decode()
    assert other.get(SESSIONS).status_code == 302
    assert SignIn.objects.filter(user=person).count() == 1


def test_passwords_are_kept_as_argon2_and_old_ones_become_so_at_a_log_in(world: World) -> None:
    person = make_user(team=world.team, username="ada")
    person.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    person.save(update_fields=["password"])
    assert try_to_log_in(PASSWORD).status_code == 302
    person.refresh_from_db()
    assert person.password.startswith("argon2")
    assert make_password(PASSWORD).startswith("argon2")
