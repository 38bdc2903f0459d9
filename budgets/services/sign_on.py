"""Lets people in whom an identity provider vouches for: members, and those who were invited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from budgets.core.access import Role
from budgets.core.errors import NotAdmitted, UnknownTeam
from budgets.core.sign_on import Entry, entry_of
from budgets.models import Invitation, Org, Team, User
from budgets.services.invitations import accept
from budgets.services.members import add_member
from telemetry.services.changes import record_change

BY = "single sign-on"
_REFUSED = {
    Entry.UNVERIFIED: "{name} does not vouch for your e-mail address. Have it verified there, "
    "then log in again.",
    Entry.SWITCHED_OFF: "{email} was switched off here. An owner or admin of your organisation "
    "can invite you again.",
    Entry.UNKNOWN: "Nobody has invited {email} yet. Ask an owner or admin of your organisation "
    "for an invitation, then log in again.",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider knows: `subject` stays, the address may change."""

    provider: str
    subject: str
    email: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Door:
    """What somebody new becomes whom nobody invited; `team` None: in the whole organisation."""

    org: Org
    team: Team | None
    role: Role


def door_named(text: str) -> Door:
    """Return what `org:role` or `org/team:role` says. Raises: UnknownTeam."""
    place, _, role = text.rpartition(":")
    slug, _, team_slug = place.partition("/")
    org = Org.objects.filter(slug=slug).first()
    if org is None:
        raise UnknownTeam(f"no organisation {slug}")
    team = org.teams.filter(slug=team_slug).first()
    if team_slug and team is None:
        raise UnknownTeam(f"no team {place}")
    return Door(org, team, Role(role))


@transaction.atomic
def enter(identity: Identity, door: Door | None, *, name: str, now: datetime) -> User:
    """Return who this is; `door` None: only members and invited people enter.

    Raises: NotAdmitted.
    """
    known = SocialAccount.objects.filter(provider=identity.provider, uid=identity.subject)
    link = known.select_related("user").first()
    person = link.user if link else User.objects.filter(email__iexact=identity.email).first()
    invited = _invitations(identity.email, now)
    entry = entry_of(
        verified=identity.verified and bool(identity.email),
        linked=link is not None,
        active=None if person is None else person.is_active,
        invited=bool(invited),
        open_door=door is not None,
    )
    if entry in _REFUSED:
        raise NotAdmitted(_REFUSED[entry].format(name=name, email=identity.email))
    person = person or User(username=identity.email, email=identity.email)
    if entry in (Entry.JOIN, Entry.CREATE):
        _welcome(person, invited, door, now)
    if link is None:
        _link(identity, person, now)
    return person


def _invitations(email: str, now: datetime) -> list[Invitation]:
    return list(
        Invitation.objects.select_related("org", "team").filter(
            email__iexact=email, accepted_at=None, withdrawn_at=None, expires_at__gt=now
        )
    )


def _welcome(person: User, invited: list[Invitation], door: Door | None, now: datetime) -> None:
    person.is_active = True
    # Also for who was here before: a password from then opens nothing.
    person.set_unusable_password()
    person.save()
    for invitation in invited:
        accept(invitation, person, now)
    if not invited and door is not None:
        add_member(person, door.org, door.team, door.role, by=BY, now=now)


def _link(identity: Identity, person: User, now: datetime) -> None:
    SocialAccount.objects.create(
        provider=identity.provider, uid=identity.subject, user=person, extra_data={}
    )
    record_change(
        "sign-on",
        person.email,
        actor=BY,
        at=now,
        before=None,
        after={"provider": identity.provider, "subject": identity.subject},
        org_id=None,
    )
