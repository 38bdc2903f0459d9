"""The page of members, and what a link of an invitation opens."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from budgets.core.access import Role
from budgets.core.errors import InvalidChange
from budgets.models import Invitation, Membership, User
from budgets.services.access import caller_of_user
from budgets.services.invitations import token_of
from budgets.services.members import deactivate
from routing.models import Decision
from tests.integration.budgets.race import at_once
from tests.world import World, make_user, make_world

MEMBERS = "/settings/members/"
GOOD = "quite-another-passphrase"


def client_of(user: User | None = None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def member_of(user: User) -> Membership:
    return Membership.objects.select_related("user", "org", "team").get(user=user)


def invite(client: Client, world: World, **given: Any) -> Any:
    fields = {"email": "new@example.com", "role": "developer", "place": f"team-{world.team.pk}"}
    return client.post(MEMBERS, fields | given, follow=True)


def link_in_mail() -> str:
    found = re.search(r"https?://[^/]+(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


@pytest.mark.django_db
def test_members_are_listed_for_those_who_manage_them(world: World) -> None:
    page = client_of(world.owner).get(MEMBERS).content.decode()
    for person in (world.owner, world.member, world.auditor, world.neighbour):
        assert person.email in page
    assert world.stranger.email not in page
    for person in (world.member, world.auditor):
        assert client_of(person).get(MEMBERS).status_code == 403


@pytest.mark.django_db
def test_an_admin_of_a_team_manages_that_team_alone(world: World) -> None:
    admin = client_of(make_user(team=world.team, role=Role.ADMIN))
    page = admin.get(MEMBERS).content.decode()
    assert world.member.email in page and world.neighbour.email not in page
    theirs = member_of(world.neighbour)
    assert admin.post(f"{MEMBERS}{theirs.pk}/role/", {"role": "admin"}).status_code == 404
    assert invite(admin, world, place=f"org-{world.org.pk}").status_code == 422
    assert invite(admin, world, place=f"team-{world.sibling.pk}").status_code == 422


@pytest.mark.django_db
def test_a_role_is_changed_and_the_change_recorded(world: World) -> None:
    mine = member_of(world.member)
    client_of(world.owner).post(f"{MEMBERS}{mine.pk}/role/", {"role": "analyst"})
    mine.refresh_from_db()
    assert mine.role == Role.ANALYST
    change = Decision.objects.get(kind="change")
    assert (change.actor, change.team_id) == (world.owner.username, world.team.pk)
    assert change.inputs["before"]["role"] == "developer"
    assert change.inputs["after"]["role"] == "analyst"


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["role/", "deactivate/"])
def test_the_last_owner_stays_and_admins_touch_no_owner(world: World, what: str) -> None:
    owner = member_of(world.owner)
    admin = make_user(world.org, role=Role.ADMIN)
    for who, said in ((world.owner, "last owner"), (admin, "Only an owner")):
        response = client_of(who).post(
            f"{MEMBERS}{owner.pk}/{what}", {"role": "admin"}, follow=True
        )
        assert said in response.content.decode()
        assert member_of(world.owner).role == Role.OWNER
    client_of(admin).post(f"{MEMBERS}{member_of(admin).pk}/role/", {"role": "owner"})
    assert member_of(admin).role == Role.ADMIN


@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_remove_each_other_at_once() -> None:
    world = make_world()
    other = make_user(world.org, role=Role.OWNER)
    pairs = ((world.owner, other), (other, world.owner))
    results = at_once(
        [
            partial(deactivate, member_of(whom), by=caller_of_user(by), now=timezone.now())
            for by, whom in pairs
        ]
    )
    assert sum(isinstance(one, InvalidChange) for one in results) == 1
    assert Membership.objects.filter(org=world.org, role=Role.OWNER).count() == 1


@pytest.mark.django_db
def test_who_is_deactivated_is_out_at_once(world: World) -> None:
    theirs = client_of(world.member)
    assert theirs.get("/runs/").status_code == 200
    client_of(world.owner).post(f"{MEMBERS}{member_of(world.member).pk}/deactivate/")
    assert theirs.get("/runs/").status_code == 302
    assert Decision.objects.filter(kind="change", inputs__after=None).count() == 1


@pytest.mark.django_db
def test_who_is_a_member_elsewhere_can_still_log_in(world: World) -> None:
    both = make_user(team=world.team)
    Membership.objects.create(user=both, org=world.other.org, team=world.other, role="analyst")
    mine = Membership.objects.get(user=both, team=world.team)
    client_of(world.owner).post(f"{MEMBERS}{mine.pk}/deactivate/")
    both.refresh_from_db()
    assert both.is_active and both.memberships.count() == 1


@pytest.mark.django_db(transaction=True)
def test_somebody_new_is_invited_sets_a_password_and_is_in() -> None:
    world = make_world()
    assert "has an invitation" in invite(client_of(world.owner), world).content.decode()
    link, newcomer = link_in_mail(), Client()

    assert "as developer" in newcomer.get(link).content.decode()
    refused = newcomer.post(link, {"password": "short", "again": "short"})
    assert refused.status_code == 422 and not User.objects.filter(email="new@example.com").exists()
    assert newcomer.post(link, {"password": GOOD, "again": "other"}).status_code == 422
    entered = newcomer.post(link, {"password": GOOD, "again": GOOD})
    assert (entered.status_code, entered["Location"]) == (302, "/overview/")

    assert newcomer.get("/runs/").status_code == 200
    member = Membership.objects.get(user__email="new@example.com")
    assert (member.team, member.role) == (world.team, "developer")
    assert Client().get(link).status_code == 404
    said = [one.inputs["what"] for one in Decision.objects.filter(kind="change").order_by("at")]
    assert said == ["invitation", "member"]


@pytest.mark.django_db
def test_a_withdrawn_invitation_is_recorded_as_gone(world: World) -> None:
    owner = client_of(world.owner)
    invite(owner, world)
    invitation = Invitation.objects.get()
    owner.post(f"/settings/invitations/{invitation.pk}/withdraw/")
    made, gone = Decision.objects.filter(kind="change").order_by("pk")
    assert (made.actor, gone.actor) == (world.owner.username, world.owner.username)
    assert (made.inputs["before"], gone.inputs["after"]) == (None, None)
    assert gone.inputs["before"] == made.inputs["after"]
    assert token_of(invitation) not in str([made.inputs, gone.inputs])


@pytest.mark.django_db(transaction=True)
def test_the_link_does_not_open_the_account_of_somebody_known() -> None:
    world = make_world()
    invite(client_of(world.owner), world, email=world.neighbour.email.upper())
    link = link_in_mail()

    for who in (None, world.stranger):
        response = client_of(who).post(link, {"password": GOOD, "again": GOOD})
        assert response.status_code == 302 and response["Location"].startswith("/login/?next=")
    assert Membership.objects.filter(user=world.neighbour).count() == 1
    assert client_of(world.neighbour).post(link).status_code == 302
    assert Membership.objects.filter(user=world.neighbour).count() == 2


@pytest.mark.django_db
def test_forged_withdrawn_and_old_links_open_nothing(world: World) -> None:
    owner = client_of(world.owner)
    invite(owner, world)
    invitation = Invitation.objects.get()
    token = token_of(invitation)
    assert Client().get(f"/invitations/{token}/").status_code == 200
    for wrong in (f"{invitation.pk}:x", f"{invitation.pk + 1}:{token.partition(':')[2]}", "x"):
        assert Client().get(f"/invitations/{wrong}/").status_code == 404
    Invitation.objects.update(
        created_at=timezone.now() - timedelta(days=9),
        expires_at=timezone.now() - timedelta(days=2),
    )
    assert Client().get(f"/invitations/{token}/").status_code == 404
    Invitation.objects.update(expires_at=timezone.now() + timedelta(days=2))
    owner.post(f"/settings/invitations/{invitation.pk}/withdraw/")
    assert Client().get(f"/invitations/{token}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "nobody"}, "valid email"),
        ({"role": "king"}, "valid choice"),
        ({"place": "team-999999"}, "valid choice"),
        ({"role": "owner"}, "Only an owner"),
    ],
)
def test_an_invitation_that_may_not_be_is_refused_in_a_sentence(
    world: World, given: dict[str, str], said: str
) -> None:
    admin = client_of(make_user(world.org, role=Role.ADMIN))
    response = invite(admin, world, **given)
    assert response.status_code == 422 and said in response.content.decode()
    assert not Invitation.objects.exists()


@pytest.mark.django_db
def test_a_member_is_not_invited_again(world: World) -> None:
    response = invite(client_of(world.owner), world, email=world.member.email)
    assert response.status_code == 422 and "is a member there" in response.content.decode()
