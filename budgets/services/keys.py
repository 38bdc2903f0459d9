"""Making and revoking API keys. A key is shown once, here, and never stored."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from budgets.core.access import Scope
from budgets.models import ApiKey, Team, User
from budgets.services.access import digest_of


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
