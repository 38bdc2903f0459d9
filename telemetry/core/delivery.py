"""How a message to somebody's address is signed, and when it is tried again.

Invariant: a receiver that is down over night still hears of it in the morning, and nobody is
called for ever.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

PAUSES_SECONDS: Final = (10, 60, 300, 1_800, 7_200, 21_600)


def signature(secret: str, at: datetime, body: bytes) -> str:
    """Return the signature header of a body: HMAC-SHA256 over `<unix seconds>.<body>`."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def next_try(tries: int, now: datetime) -> datetime | None:
    """Return when a delivery that failed `tries` times is tried again; None: no more."""
    if tries > len(PAUSES_SECONDS):
        return None
    return now + timedelta(seconds=PAUSES_SECONDS[tries - 1])
