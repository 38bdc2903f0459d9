"""Who opens a socket: an API key in a header or a subprotocol, or a browser's session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host

from budgets.core.access import Caller
from budgets.core.errors import InvalidKey
from budgets.services.access import authenticate_key, caller_of_user
from budgets.services.sessions import people_of

# Browsers cannot set a header on a socket: they offer the subprotocols "bearer" and the key.
BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a handshake shows. A key, even a wrong one, is never passed over for a session."""

    key: str | None
    session_key: str | None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks; `session_key` None: by an API key."""

    caller: Caller
    session_key: str | None


def credentials(scope: Mapping[str, Any]) -> Credentials:
    """Read a handshake."""
    headers = _headers(scope)
    scheme, _, key = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == BEARER:
        return Credentials(key.strip(), None)
    offered: Sequence[str] = scope.get("subprotocols", ())
    if BEARER in offered:
        after = offered[offered.index(BEARER) + 1 :]
        return Credentials(after[0] if after else "", None)
    cookie = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
    # What Django never wrote is no session; PostgreSQL would refuse even to look for some of it.
    return Credentials(None, cookie if cookie.isascii() and cookie.isalnum() else None)


def who_asks(shown: Credentials, now: datetime) -> Asking | None:
    """Return whom the credentials stand for; None: for nobody."""
    if shown.key is not None:
        try:
            return Asking(authenticate_key(shown.key, now), None)
        except InvalidKey:
            return None
    if not shown.session_key:
        return None
    person = people_of([shown.session_key], now).get(shown.session_key)
    return None if person is None else Asking(caller_of_user(person), shown.session_key)


def same_origin(scope: Mapping[str, Any]) -> bool:
    """Tell whether the page that opens the socket is one of this house.

    Cookies go along from any page, so that a session is worth nothing without this.
    """
    headers = _headers(scope)
    origin, host = headers.get("origin", ""), headers.get("host", "")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    allowed = settings.ALLOWED_HOSTS
    known = bool(host) and validate_host(split_domain_port(host)[0], allowed)
    return known and urlsplit(origin).netloc == host


def _headers(scope: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
