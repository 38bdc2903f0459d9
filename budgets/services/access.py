"""Who is asking, and whether they may: the one place where rights are decided."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
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
from budgets.core.errors import InvalidKey, KeyOfArchivedTeam
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
    "callers_now",
    "callers_of_users",
    "can",
    "digest_of",
    "enters_office",
]

# A key is used many times a second; a write each time would make reads contend for the database.
LAST_USED_EVERY = timedelta(minutes=1)
_LONGEST_KEY = 200


def can(caller: Caller, action: Action, place: Team | Org) -> bool:
    """Tell whether a caller may do this in a team, or in a whole org."""
    granted = caller.team_actions if isinstance(place, Team) else caller.org_actions
    return action in granted.get(place.pk, ())


def enters_office(user: User) -> bool:
    """Tell whether somebody may enter the admin site: its operators, and auditors.

    What they may do there is another question, asked of every table.
    """
    if not user.is_active:
        return False
    return user.is_staff or Membership.objects.filter(user=user, role=Role.AUDITOR).exists()


def allowed_models(caller: Caller, team: Team) -> frozenset[str] | None:
    """Return the models a caller may use in a team; None: every model."""
    return common_models(caller.models, team.allowed_models)


def digest_of(raw: str) -> str:
    """Return what is stored of a key. Keys are random, so a plain hash cannot be searched."""
    return hashlib.sha256(raw.encode()).hexdigest()


def authenticate_key(raw: str, now: datetime) -> Caller:
    """Return who an API key stands for, and note that it was used.

    Raises: InvalidKey when it is unknown, revoked or expired, or its team is archived.
    """
    if not raw.startswith("mlo_") or len(raw) > _LONGEST_KEY:
        raise InvalidKey("not an API key")
    key = ApiKey.objects.select_related("team").filter(digest=digest_of(raw)).first()
    if key is None or not _opens(key, now):
        raise InvalidKey("this API key is not valid")
    if key.team.archived_at is not None:
        raise KeyOfArchivedTeam(key.team.name)
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
    return callers_of_users([user])[user.pk]


def callers_of_users(users: Collection[User]) -> dict[int, Caller]:
    """Return the caller each person is, by id, in two queries however many there are."""
    active = [user.pk for user in users if user.is_active]
    by_org: dict[int, dict[int, set[Role]]] = defaultdict(lambda: defaultdict(set))
    by_team: dict[int, dict[int, set[Role]]] = defaultdict(lambda: defaultdict(set))
    for member in Membership.objects.filter(user__in=active) if active else ():
        if member.team_id is None:
            by_org[member.user_id][member.org_id].add(Role(member.role))
        else:
            by_team[member.user_id][member.team_id].add(Role(member.role))
            by_org[member.user_id][member.org_id] |= set()
    teams = _teams_by_org({org for orgs in by_org.values() for org in orgs})
    return {user.pk: _caller(user, by_org[user.pk], by_team[user.pk], teams) for user in users}


def _teams_by_org(orgs: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for team, org in Team.objects.filter(org__in=list(orgs)).values_list("pk", "org_id"):
        found[org].append(team)
    return found


def _caller(
    user: User,
    by_org: Mapping[int, set[Role]],
    by_team: Mapping[int, set[Role]],
    teams: Mapping[int, list[int]],
) -> Caller:
    roles = {team: set(own) for team, own in by_team.items()}
    for org, wide in by_org.items():
        for team in teams.get(org, ()) if wide else ():
            roles.setdefault(team, set()).update(wide)
    return Caller(
        name=user.get_username(),
        user_id=user.pk,
        team_actions={team: actions_of_roles(own) for team, own in roles.items()},
        org_actions={org: actions_of_roles(own) for org, own in by_org.items() if own},
        org_ids=frozenset(by_org),
        audits=any(Role.AUDITOR in own for own in (*by_team.values(), *by_org.values())),
    )


def caller_now(caller: Caller, now: datetime) -> Caller | None:
    """Return who a caller of some time ago is now; None: its key or person is gone.

    For what outlives a request, such as a stream.
    """
    return callers_now([caller], now).get(caller.pk)


def callers_now(callers: Iterable[Caller], now: datetime) -> dict[str, Caller]:
    """Return who these callers are now, by `pk`, in four queries however many there are.

    Whose key or person is gone is left out, and whose key's team is archived.
    """
    asked = list(callers)
    people = {caller.user_id for caller in asked if caller.user_id is not None}
    users = User.objects.filter(pk__in=people, is_active=True)
    keys = {caller.api_key_id for caller in asked if caller.api_key_id is not None}
    rows = ApiKey.objects.select_related("team").filter(pk__in=keys, team__archived_at=None)
    found = [*callers_of_users(users).values()] if people else []
    found += [caller_of_key(key) for key in rows if _opens(key, now)] if keys else []
    return {caller.pk: caller for caller in found}


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
