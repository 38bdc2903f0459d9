"""Who is logged in by which browser session, for what outlives a request."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from budgets.models import User


def people_of(session_keys: Collection[str], now: datetime) -> dict[str, User]:
    """Return who is logged in by each of these sessions, in two queries however many there are.

    A session that has ended, or whose person changed their password or is inactive, is left out.
    """
    rows = Session.objects.filter(session_key__in=session_keys, expire_date__gt=now)
    opened = {row.session_key: row.get_decoded() for row in rows} if session_keys else {}
    named = {key: str(data.get(SESSION_KEY)) for key, data in opened.items()}
    ids = {int(user_id) for user_id in named.values() if user_id.isdigit()}
    users = User.objects.filter(pk__in=ids, is_active=True)
    by_id = {str(user.pk): user for user in users} if ids else {}
    return {
        key: by_id[named[key]]
        for key, data in opened.items()
        if named[key] in by_id
        and data.get(BACKEND_SESSION_KEY)
        and _same_password(by_id[named[key]], str(data.get(HASH_SESSION_KEY, "")))
    }


def _same_password(user: User, digest: str) -> bool:
    """Tell whether the session was opened with the password that holds, as Django does it."""
    digests = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(digest, one) for one in digests)
