"""Answering a request that is sent twice once, by its Idempotency-Key.

`begin` before the work, `finish` in the transaction of the work itself: what was done and what
is answered again are then stored together, or neither is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from budgets.core.access import Caller
from budgets.core.errors import InFlight, KeyReused
from budgets.models import IdempotentRequest

KEPT = timedelta(hours=24)
# A request that has not answered by then is taken for crashed, and its key is free again.
ABANDONED_AFTER = timedelta(seconds=60)
LONGEST_KEY = 255
# These may well end otherwise next time, so they are not answers to keep.
_NOT_KEPT = frozenset({401, 408, 409, 429})


@dataclass(frozen=True, slots=True)
class Fresh:
    """This request is the first with its key: do the work, then `finish`."""

    id: int
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Replay:
    """This request was answered before: answer the same again."""

    status: int
    response: Any


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    body_digest: str


def begin(
    caller: Caller, key: str, method: str, path: str, body_digest: str, now: datetime
) -> Fresh | Replay:
    """Claim a key for one request, outside any transaction of the work.

    Raises: KeyReused when it came with another request, InFlight while the first one goes on;
    ValueError for a key that is empty or too long.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        raise ValueError(f"an Idempotency-Key has 1 to {LONGEST_KEY} characters")
    owner = _owner(caller)
    request = _Request(method, path, body_digest)
    forget_expired(now)
    fresh = _insert(owner, key, request, now)
    if fresh is not None:
        return fresh
    found = IdempotentRequest.objects.filter(**owner, key=key).first()
    if found is None:  # its owner gave it up this very moment
        raise InFlight("a request with this key has just ended: send it again")
    return _answer(found, request, now)


def finish(fresh: Fresh, status: int, response: Any) -> None:
    """Keep the answer, in the transaction of the work. A passing failure is not kept.

    Raises: InFlight when the key was taken over meanwhile: then the work must be rolled back,
    since another request is doing it.
    """
    ours = IdempotentRequest.objects.filter(
        pk=fresh.id, created_at=fresh.begun_at, status__isnull=True
    )
    if status >= 500 or status in _NOT_KEPT:
        ours.delete()
    elif not ours.update(status=status, response=response):
        raise InFlight("another request took this key over")


def give_up(fresh: Fresh) -> None:
    """Free a key whose request ended without an answer worth keeping."""
    finish(fresh, 500, None)


def forget_expired(now: datetime) -> int:
    """Delete what is older than 24 hours; return how many."""
    expired = IdempotentRequest.objects.filter(created_at__lte=now - KEPT)
    # Look first: a DELETE takes SQLite's only write lock even where there is nothing to delete.
    return expired.delete()[0] if expired.exists() else 0


def _owner(caller: Caller) -> dict[str, int]:
    """Return whose keys are told apart: a team's API keys share theirs, a person has their own."""
    if caller.user_id is not None:
        return {"user_id": caller.user_id}
    (team_id,) = caller.team_actions  # a key belongs to one team
    return {"team_id": team_id}


def _insert(owner: dict[str, int], key: str, request: _Request, now: datetime) -> Fresh | None:
    try:
        with transaction.atomic():
            row = IdempotentRequest.objects.create(
                **owner,
                key=key,
                method=request.method,
                path=request.path,
                body_digest=request.body_digest,
                created_at=now,
            )
    except IntegrityError:
        return None
    return Fresh(row.pk, now)


def _answer(found: IdempotentRequest, request: _Request, now: datetime) -> Fresh | Replay:
    if found.status is None and found.created_at <= now - ABANDONED_AFTER:
        return _take_over(found, request, now)
    if request != _Request(found.method, found.path, found.body_digest):
        raise KeyReused("this Idempotency-Key was used for another request")
    if found.status is None:
        raise InFlight("the first request with this Idempotency-Key is still going on")
    return Replay(found.status, found.response)


def _take_over(found: IdempotentRequest, request: _Request, now: datetime) -> Fresh:
    taken = IdempotentRequest.objects.filter(
        Q(status__isnull=True), pk=found.pk, created_at=found.created_at
    ).update(
        method=request.method,
        path=request.path,
        body_digest=request.body_digest,
        created_at=now,
    )
    if not taken:
        raise InFlight("another request with this Idempotency-Key came first")
    return Fresh(found.pk, now)
