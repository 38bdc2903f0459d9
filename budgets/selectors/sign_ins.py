"""The browser sessions by which a person is logged in."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from budgets.models import SignIn, User


def sign_ins_of(user: User, now: datetime) -> QuerySet[SignIn]:
    """Return a person's sessions that still open something, the newest first."""
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    return SignIn.objects.filter(user=user, session_key__in=alive).order_by("-at", "-pk")
