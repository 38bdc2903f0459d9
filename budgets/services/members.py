"""Changing who is what in an org or team; every change is recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from budgets.core.access import Caller, Role
from budgets.core.errors import InvalidChange
from budgets.core.membership import refusal_of
from budgets.models import Membership, Org, Team, User
from budgets.selectors.members import owners_of
from telemetry.services.changes import record_change


@transaction.atomic
def change_role(
    member: Membership, role: Role, *, by: Caller, now: datetime, house: bool = False
) -> Membership:
    """Give a member another role; `house`: an operator does, who may make owners too.

    Raises: InvalidChange, with what stands against it.
    """
    member = _locked(member)
    check(member.org, member, role, by=by, house=house)
    before = _said(member)
    if member.role == role:
        return member
    member.role = role
    member.save(update_fields=["role"])
    _record(member, by, now, before=before, after=_said(member))
    return member


@transaction.atomic
def deactivate(member: Membership, *, by: Caller, now: datetime, house: bool = False) -> bool:
    """Take a membership away; return whether the person can no longer log in at all.

    Who is a member of nothing any more, and no operator of the house, is switched off: sessions
    end, and a new invitation switches them on again.

    Raises: InvalidChange, with what stands against it.
    """
    member = _locked(member)
    check(member.org, member, None, by=by, house=house)
    _record(member, by, now, before=_said(member), after=None)
    person = member.user
    member.delete()
    if person.is_staff or person.memberships.exists():
        return False
    User.objects.filter(pk=person.pk).update(is_active=False)
    return True


@transaction.atomic
def add_member(
    user: User, org: Org, team: Team | None, role: Role, *, by: str, now: datetime
) -> Membership:
    """Make a person a member, or give the member they are there this role.

    Who may, was checked when they were invited.
    """
    member = Membership.objects.select_for_update().filter(user=user, org=org, team=team).first()
    before = None if member is None else _said(member)
    if member is None:
        member = Membership.objects.create(user=user, org=org, team=team, role=role)
    elif member.role != Role.OWNER:  # an old invitation takes no owner's rights away
        member.role = role
        member.save(update_fields=["role"])
    if before != _said(member):
        _record_as(member, by, now, before=before, after=_said(member))
    return member


def check(
    org: Org,
    member: Membership | None,
    role: Role | None,
    *,
    by: Caller,
    house: bool = False,
) -> None:
    """Raises: InvalidChange, where this caller may not make `member` (None: somebody new) that."""
    owners = owners_of(org.pk)
    others = owners if member is None else owners.exclude(pk=member.pk)
    said = refusal_of(
        by_owner=house or (by.user_id is not None and owners.filter(user=by.user_id).exists()),
        before=None if member is None else Role(member.role),
        after=role,
        whole_org=member is not None and member.team_id is None,
        other_owners=others.count(),
    )
    if said:
        raise InvalidChange({"role": [said]})


def _locked(member: Membership) -> Membership:
    """Lock the org, so that two owners cannot remove each other at once; look again."""
    Org.objects.select_for_update().get(pk=member.org_id)
    found = Membership.objects.select_related("user", "org", "team").filter(pk=member.pk).first()
    if found is None:
        raise InvalidChange({"role": ["This person is no member any more."]})
    return found


def _said(member: Membership) -> dict[str, Any]:
    return {"role": str(member.role), "team": member.team.slug if member.team else None}


def _record(member: Membership, by: Caller, now: datetime, **change: Any) -> None:
    _record_as(member, by.name, now, **change)


def _record_as(member: Membership, by: str, now: datetime, **change: Any) -> None:
    record_change(
        "member",
        member.user.email,
        actor=by,
        at=now,
        org_id=member.org_id,
        team_id=member.team_id,
        **change,
    )
