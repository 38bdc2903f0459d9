"""Making and revoking API keys. A key is shown once, here, and never stored."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from budgets.core.access import Caller, Scope
from budgets.core.errors import InvalidChange
from budgets.models import ApiKey, Team, User
from budgets.services.access import digest_of
from telemetry.services.changes import record_change

ARCHIVED = "The team is archived, and its keys open nothing: restore it at Settings, Teams."


def create_key(
    *,
    team: Team,
    name: str,
    scopes: Iterable[Scope],
    created_by: User | None = None,
    allowed_models: Iterable[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for a team; return its row and the key itself, to be shown once.

    `allowed_models` None: every model the team may use.
    """
    return store_key(
        raw=f"mlo_{secrets.token_hex(4)}_{secrets.token_hex(32)}",
        team=team,
        name=name,
        scopes=scopes,
        created_by=created_by,
        allowed_models=allowed_models,
        expires_at=expires_at,
    )


def store_key(
    *,
    raw: str,
    team: Team,
    name: str,
    scopes: Iterable[Scope],
    created_by: User | None = None,
    allowed_models: Iterable[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Store the digest of a key that was made elsewhere, as `mlo_<prefix>_<secret>`."""
    key = ApiKey.objects.create(
        team=team,
        name=name,
        prefix=raw.split("_")[1],
        digest=digest_of(raw),
        scopes=[scope.value for scope in scopes],
        allowed_models=None if allowed_models is None else sorted(allowed_models),
        created_by=created_by,
        expires_at=expires_at,
    )
    return key, raw


def revoke_key(key: ApiKey, now: datetime) -> bool:
    """Make a key open nothing from now on; False when it was revoked before."""
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now))


def issue_key(
    *,
    team: Team,
    name: str,
    scopes: Sequence[Scope],
    allowed_models: Sequence[str] | None,
    expires_at: datetime | None,
    by: Caller,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key for a person who asked, and write down who did. Raises: InvalidChange.

    A name is that of one key at a time, so that sending a form again makes no second one.
    """
    _check_key(team, name, scopes, expires_at, now)
    with transaction.atomic():
        key, raw = create_key(
            team=team,
            name=name,
            scopes=scopes,
            created_by=_person(by),
            allowed_models=allowed_models,
            expires_at=expires_at,
        )
        note_made(key, by, now)
    return key, raw


def take_key(key: ApiKey, *, by: Caller, now: datetime) -> bool:
    """Revoke a key and write down who did; False when it was revoked before."""
    with transaction.atomic():
        revoked = revoke_key(key, now)
        if revoked:
            _note(key, _facts(key), None, by, now)
    return revoked


def rotate_key(key: ApiKey, *, overlap: timedelta, by: Caller, now: datetime) -> tuple[ApiKey, str]:
    """Follow a key by a new one of the same rights; the old one opens until the overlap is over.

    A key that expires is followed by one that lasts as long as it did. Raises: InvalidChange.
    """
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().get(pk=key.pk)
        if old.team.archived_at is not None:
            raise InvalidChange({"key": [ARCHIVED]})
        if not opens(old, now):
            raise InvalidChange({"key": ["This key opens nothing any more: create a new one."]})
        before, end = _facts(old), now + overlap
        lasts = None if old.expires_at is None else old.expires_at - old.created_at
        name, old.name = old.name, f"{old.name[:80]} (until {end:%d %b %H:%M})"
        old.expires_at = end if old.expires_at is None else min(old.expires_at, end)
        old.save(update_fields=["name", "expires_at"])
        new, raw = create_key(
            team=old.team,
            name=name,
            scopes=[Scope(scope) for scope in old.scopes],
            created_by=_person(by),
            allowed_models=old.allowed_models,
            expires_at=None if lasts is None else now + lasts,
        )
        _note(old, before, _facts(old), by, now)
        note_made(new, by, now)
    return new, raw


def note_made(key: ApiKey, by: Caller, now: datetime) -> None:
    """Write down who made a key."""
    _note(key, None, _facts(key), by, now)


def opens(key: ApiKey, now: datetime) -> bool:
    """Tell whether a key is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def _check_key(
    team: Team, name: str, scopes: Sequence[Scope], expires_at: datetime | None, now: datetime
) -> None:
    errors: dict[str, list[str]] = {}
    if team.archived_at is not None:
        errors["team"] = [ARCHIVED]
    if not name.strip():
        errors["name"] = ["Name what the key is for: later only the name tells."]
    elif any(opens(one, now) for one in ApiKey.objects.filter(team=team, name=name)):
        errors["name"] = ["A key of this name works already: rotate it, or choose another name."]
    if not scopes:
        errors["scopes"] = ["Choose at least one scope: a key without any opens nothing."]
    if expires_at is not None and expires_at <= now:
        errors["expires_at"] = ["This has passed: choose a time that is still to come."]
    if errors:
        raise InvalidChange(errors)


def _facts(key: ApiKey) -> dict[str, Any]:
    return {
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "models": key.allowed_models,
        "expires_at": key.expires_at,
    }


def _note(
    key: ApiKey,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    by: Caller,
    now: datetime,
) -> None:
    record_change(
        "key", key.name, actor=by.name, at=now, before=before, after=after,
        org_id=key.team.org_id, team_id=key.team_id,
    )  # fmt: skip


def _person(by: Caller) -> User | None:
    return None if by.user_id is None else User.objects.filter(pk=by.user_id).first()
