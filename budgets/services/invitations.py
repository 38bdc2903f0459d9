"""Inviting people by e-mail: a signed link that works once, for a week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.signing import BadSignature, Signer
from django.db import transaction

from budgets.core.access import Caller, Role
from budgets.core.errors import InvalidChange
from budgets.models import Invitation, Membership, Org, Team, User
from budgets.services.members import add_member, check
from telemetry.services.changes import record_change

VALID_FOR = timedelta(days=7)
_SIGNER = Signer(salt="budgets.invitation")


@transaction.atomic
def invite(
    email: str,
    place: Org | Team,
    role: Role,
    *,
    by: Caller,
    now: datetime,
    link: Callable[[str], str],
) -> Invitation:
    """Offer a role by e-mail; `link` makes an address of the token. An earlier offer is void.

    Raises: InvalidChange, with what stands against it.
    """
    org, team = (place.org, place) if isinstance(place, Team) else (place, None)
    check(org, None, role, by=by)
    if Membership.objects.filter(
        user__email__iexact=email, user__is_active=True, org=org, team=team
    ).exists():
        raise InvalidChange({"email": [f"{email} is a member there: change the role below."]})
    Invitation.objects.filter(
        email__iexact=email, org=org, team=team, accepted_at=None, withdrawn_at=None
    ).update(withdrawn_at=now)
    invitation = Invitation.objects.create(
        org=org,
        team=team,
        email=email,
        role=role,
        invited_by=by.name,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    transaction.on_commit(partial(_send, invitation, link(token_of(invitation))))
    _record(invitation, by.name, now, before=None, after="open")
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, *, by: Caller, now: datetime) -> bool:
    """Make an invitation void; False when it was used or withdrawn before."""
    open_ones = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not open_ones.update(withdrawn_at=now):
        return False
    _record(invitation, by.name, now, before="open", after=None)
    return True


def token_of(invitation: Invitation) -> str:
    """Return what its link holds."""
    return _SIGNER.sign(str(invitation.pk))


def opened_by(token: str, now: datetime) -> Invitation | None:
    """Return the invitation that a link opens; None: forged, used, withdrawn or expired."""
    try:
        number = int(_SIGNER.unsign(token))
    except (BadSignature, ValueError):
        return None
    found = Invitation.objects.select_related("org", "team").filter(
        pk=number, accepted_at=None, withdrawn_at=None, expires_at__gt=now
    )
    return found.first()


def person_invited(invitation: Invitation) -> User | None:
    """Return who has that address already; None: nobody, or somebody switched off."""
    return User.objects.filter(email__iexact=invitation.email, is_active=True).first()


@transaction.atomic
def accept(invitation: Invitation, user: User, now: datetime) -> Membership | None:
    """Make a person the member they were invited to be; None: somebody was faster.

    The person must be known to own the address: by being logged in as its user, or by the link.
    """
    taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not taken.update(accepted_at=now):
        return None
    return add_member(
        user,
        invitation.org,
        invitation.team,
        Role(invitation.role),
        by=f"{invitation.invited_by} (invitation)"[:128],
        now=now,
    )


@transaction.atomic
def join(invitation: Invitation, password: str, now: datetime) -> User | None:
    """Make the invited person a user with this password, and accept; None: too late.

    Somebody who was switched off is switched on again.

    Raises: InvalidChange, where the password is not good enough.
    """
    email = invitation.email
    user = User.objects.filter(email__iexact=email).first() or User(username=email, email=email)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidChange({"password": list(error.messages)}) from error
    user.is_active = True
    user.set_password(password)
    user.save()
    return user if accept(invitation, user, now) else None


def _send(invitation: Invitation, link: str) -> None:
    where = f"{invitation.team.name}, {invitation.org}" if invitation.team else invitation.org.name
    send_mail(
        f"Join {where} on the Orchestrator",
        f"{invitation.invited_by} invites you to {where}, as {invitation.role}.\n\n{link}\n\n"
        f"The link works once, until {invitation.expires_at:%d %B %Y, %H:%M} UTC. If you do not "
        "know what this is about, nothing happens unless you follow it.\n",
        settings.DEFAULT_FROM_EMAIL,
        [invitation.email],
    )


def _record(
    invitation: Invitation, by: str, now: datetime, *, before: str | None, after: str | None
) -> None:
    said = {"role": invitation.role, "team": invitation.team.slug if invitation.team else None}
    record_change(
        "invitation",
        invitation.email,
        actor=by,
        at=now,
        before=None if before is None else said,
        after=None if after is None else said,
        org_id=invitation.org_id,
        team_id=invitation.team_id,
    )
