"""Members and invitations, as those who manage them may see them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from budgets.core.access import Action, Caller, Role
from budgets.models import Invitation, Membership, Org, Team, User


def _managed(caller: Caller) -> Q:
    orgs = [org for org, granted in caller.org_actions.items() if Action.MANAGE_MEMBERS in granted]
    teams = list(caller.team_ids(Action.MANAGE_MEMBERS))
    return Q(org__in=orgs) | Q(team__in=teams)


def manages_members(caller: Caller) -> bool:
    """Tell whether there is any place whose members the caller manages."""
    granted = (*caller.org_actions.values(), *caller.team_actions.values())
    return any(Action.MANAGE_MEMBERS in actions for actions in granted)


def members_of(caller: Caller) -> QuerySet[Membership]:
    """Return the memberships a caller may manage: of its whole orgs, and of its own teams."""
    rows = Membership.objects.filter(_managed(caller), user__is_active=True)
    return rows.select_related("user", "org", "team").order_by(
        "org__name", "user__email", "team__name", "pk"
    )


def invitations_of(caller: Caller, now: datetime) -> QuerySet[Invitation]:
    """Return the open invitations a caller may withdraw, the newest first."""
    rows = Invitation.objects.filter(
        _managed(caller), accepted_at=None, withdrawn_at=None, expires_at__gt=now
    )
    return rows.select_related("org", "team").order_by("-created_at", "-pk")


def places_to_manage(caller: Caller) -> list[Org | Team]:
    """Return the orgs and teams whose members a caller may manage, each org before its teams."""
    orgs = [org for org, granted in caller.org_actions.items() if Action.MANAGE_MEMBERS in granted]
    teams = list(caller.team_ids(Action.MANAGE_MEMBERS))
    found: list[tuple[str, int, str, Org | Team]] = [
        (org.name, 0, "", org) for org in Org.objects.filter(pk__in=orgs)
    ]
    found += [
        (team.org.name, 1, team.name, team)
        for team in Team.objects.filter(pk__in=teams).select_related("org")
    ]
    return [place for *_, place in sorted(found, key=lambda one: one[:3])]


def owners_of(org_id: int) -> QuerySet[Membership]:
    """Return the active owners of a whole org."""
    return Membership.objects.filter(org=org_id, team=None, role=Role.OWNER, user__is_active=True)


def is_last_owner(member: Membership) -> bool:
    """Tell whether the organisation would be without an owner, were this one not."""
    owners = owners_of(member.org_id)
    return owners.filter(pk=member.pk).exists() and not owners.exclude(pk=member.pk).exists()


def orgs_only_owned_by(user: User) -> list[Org]:
    """Return the organisations whose last owner a person is."""
    owned = Membership.objects.filter(user=user, team=None, role=Role.OWNER, user__is_active=True)
    return [member.org for member in owned.select_related("org") if is_last_owner(member)]
