"""Remembers who opened which browser session, and ends sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from budgets.models import SignIn, User
from budgets.selectors.sign_ins import sign_ins_of


def forget_ended(user: User, now: datetime) -> None:
    """Forget a person's sessions that open nothing any more."""
    alive = list(sign_ins_of(user, now).values_list("pk", flat=True))
    SignIn.objects.filter(user=user).exclude(pk__in=alive).delete()


def note_sign_in(request: HttpRequest, user: User, now: datetime) -> None:
    """Remember the request's session as one of this person's."""
    request.session.save()  # it may not be stored yet, and then has no key
    SignIn.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "at": now,
            "address": str(request.META.get("REMOTE_ADDR", ""))[:45],
            "agent": request.headers.get("User-Agent", "")[:200],
        },
    )


@receiver(user_logged_in)
def remember(sender: Any, request: HttpRequest, user: Any, **_: Any) -> None:
    """Remember a log-in, wherever it happened; forget those whose sessions have ended."""
    now = timezone.now()
    note_sign_in(request, user, now)
    forget_ended(user, now)


def end_session(user: User, sign_in_id: int, now: datetime) -> bool:
    """End one of a person's own sessions at once; False when it is not theirs, or ended."""
    found = sign_ins_of(user, now).filter(pk=sign_in_id).first()
    if found is None:
        return False
    _end([found.session_key])
    return True


def end_other_sessions(user: User, session_key: str | None, now: datetime) -> int:
    """End all of a person's sessions but this one (None: all); return how many."""
    keys = [one.session_key for one in sign_ins_of(user, now) if one.session_key != session_key]
    _end(keys)
    forget_ended(user, now)
    return len(keys)


def _end(session_keys: list[str]) -> None:
    Session.objects.filter(session_key__in=session_keys).delete()
    SignIn.objects.filter(session_key__in=session_keys).delete()
