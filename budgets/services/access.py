"""Who is asking, and whether they may: the one place where rights are decided."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Q

from budgets.core.access import (
    Action,
    Caller,
    Role,
    Scope,
    actions_of_roles,
    actions_of_scopes,
    common_models,
)
from budgets.core.errors import InvalidKey
from budgets.models import ApiKey, Membership, Org, Team, User

__all__ = [
    "Action",
    "Caller",
    "Role",
    "Scope",
    "allowed_models",
    "authenticate_key",
    "caller_now",
    "caller_of_key",
    "caller_of_user",
    "can",
    "digest_of",
]

# A key is used many times a second; a write each time would make reads contend for the database.
LAST_USED_EVERY = timedelta(minutes=1)
_LONGEST_KEY = 200


def can(caller: Caller, action: Action, place: Team | Org) -> bool:
    """Tell whether a caller may do this in a team, or in a whole org."""
    granted = caller.team_actions if isinstance(place, Team) else caller.org_actions
    return action in granted.get(place.pk, ())


def allowed_models(caller: Caller, team: Team) -> frozenset[str] | None:
    """Return the models a caller may use in a team; None: every model."""
    return common_models(caller.models, team.allowed_models)


def digest_of(raw: str) -> str:
    """Return what is stored of a key. Keys are random, so a plain hash cannot be searched."""
    return hashlib.sha256(raw.encode()).hexdigest()


def authenticate_key(raw: str, now: datetime) -> Caller:
    """Return who an API key stands for, and note that it was used.

    Raises: InvalidKey when it is unknown, revoked or expired.
    """
    if not raw.startswith("mlo_") or len(raw) > _LONGEST_KEY:
        raise InvalidKey("not an API key")
    key = ApiKey.objects.select_related("team").filter(digest=digest_of(raw)).first()
    if key is None or not _opens(key, now):
        raise InvalidKey("this API key is not valid")
    _note_use(key, now)
    return caller_of_key(key)


def caller_of_key(key: ApiKey) -> Caller:
    """Return the caller a key stands for: its own team, what its scopes grant, its models."""
    return Caller(
        name=f"key {key.name}",
        api_key_id=key.pk,
        team_actions={key.team_id: actions_of_scopes(key.scopes)},
        org_ids=frozenset({key.team.org_id}),
        models=None if key.allowed_models is None else frozenset(key.allowed_models),
    )


def caller_of_user(user: User) -> Caller:
    """Return the caller a person is, by their memberships as they stand now.

    A role in an org holds in each of its teams. Someone inactive may do nothing.
    """
    memberships = list(Membership.objects.filter(user=user)) if user.is_active else []
    by_org: dict[int, set[Role]] = defaultdict(set)
    by_team: dict[int, set[Role]] = defaultdict(set)
    for member in memberships:
        roles = by_org[member.org_id] if member.team_id is None else by_team[member.team_id]
        roles.add(Role(member.role))
    for team, org in Team.objects.filter(org__in=list(by_org)).values_list("pk", "org_id"):
        by_team[team] |= by_org[org]
    return Caller(
        name=user.get_username(),
        user_id=user.pk,
        team_actions={team: actions_of_roles(roles) for team, roles in by_team.items()},
        org_actions={org: actions_of_roles(roles) for org, roles in by_org.items()},
        org_ids=frozenset(member.org_id for member in memberships),
    )


def caller_now(caller: Caller, now: datetime) -> Caller | None:
    """Return who a caller of some time ago is now; None: its key or person is gone.

    For what outlives a request, such as a stream.
    """
    if caller.user_id is not None:
        user = User.objects.filter(pk=caller.user_id, is_active=True).first()
        return None if user is None else caller_of_user(user)
    key = ApiKey.objects.select_related("team").filter(pk=caller.api_key_id or 0).first()
    return caller_of_key(key) if key is not None and _opens(key, now) else None


def _opens(key: ApiKey, now: datetime) -> bool:
    expired = key.expires_at is not None and key.expires_at <= now
    return key.revoked_at is None and not expired


def _note_use(key: ApiKey, now: datetime) -> None:
    stale = now - LAST_USED_EVERY
    if key.last_used_at is not None and key.last_used_at > stale:
        return
    # Conditional, so that of many requests at once one writes.
    ApiKey.objects.filter(
        Q(last_used_at__isnull=True) | Q(last_used_at__lte=stale), pk=key.pk
    ).update(last_used_at=now)
