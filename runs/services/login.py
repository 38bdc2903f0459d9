"""Holds back who guesses passwords: log-ins that fail are counted per name and per address.

They are counted in the windows of the limits of rate, in the database: all web processes
count together, and a restart forgets nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.core.rates import Measure, RateLimit, Scope, Use, Wait
from routing.models import RateWindow
from routing.services.rates import Room, TakeRoom
from telemetry.services.journal import apply_now

# How many log-ins may fail in a quarter of an hour.
MOST_OF_A_NAME_FROM_AN_ADDRESS = 5
MOST_OF_A_NAME = 30  # from wherever: above it guessing is spread over many addresses
MOST_OF_AN_ADDRESS = 60  # an office may share one
KEY = "login:"
FORGET = timedelta(hours=1)

ATTEMPT, NOTHING = Use(tokens=0, nanousd=0), Use(tokens=0, nanousd=0, requests=0)


@dataclass(frozen=True)
class TooManyLogins:
    """Says when the next try will be looked at."""

    seconds: float
    until: datetime


def begin(name: str, address: str, now: datetime) -> Room | TooManyLogins:
    """Count a log-in that has not failed yet, before its password is looked at."""
    (said,) = apply_now(TakeRoom(_limits(name, address), ATTEMPT, now))
    if isinstance(said, Room):
        return said
    assert isinstance(said, Wait)
    seconds = said.seconds or 0.0
    return TooManyLogins(seconds, now + timedelta(seconds=seconds))


def succeeded(attempt: Room, now: datetime) -> None:
    """Take a log-in out of the count: it was no guess."""
    apply_now(TakeRoom(attempt.limits, NOTHING, now, instead_of=attempt))
    RateWindow.objects.filter(key__startswith=KEY, at__lt=(now - FORGET).timestamp()).delete()


def _limits(name: str, address: str) -> tuple[RateLimit, ...]:
    person, place = name.strip().casefold(), address
    return (
        _limit(f"both:{person}\0{place}", MOST_OF_A_NAME_FROM_AN_ADDRESS),
        _limit(f"name:{person}", MOST_OF_A_NAME),
        _limit(f"address:{place}", MOST_OF_AN_ADDRESS),
    )


def _limit(whose: str, most: int) -> RateLimit:
    # Digests: what people type as a name may be their password.
    digest = hashlib.sha256(whose.encode("utf-8", "surrogatepass")).hexdigest()
    return RateLimit(f"{KEY}{digest}", "log-in", Scope.ORG, {Measure.ATTEMPTS: most})
