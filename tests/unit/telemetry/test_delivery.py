"""How messages are signed and tried again."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from telemetry.core.delivery import PAUSES_SECONDS, next_try, signature

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_a_signature_covers_the_time_and_the_body() -> None:
    seconds = int(NOW.timestamp())
    expected = hmac.new(b"whsec_1", f"{seconds}.".encode() + b"{}", hashlib.sha256).hexdigest()
    assert signature("whsec_1", NOW, b"{}") == f"t={seconds},v1={expected}"
    assert signature("whsec_1", NOW, b"{ }") != signature("whsec_1", NOW, b"{}")


def test_a_delivery_waits_longer_after_each_try_and_is_then_given_up() -> None:
    waits = [next_try(tries, NOW) for tries in range(1, len(PAUSES_SECONDS) + 2)]
    assert waits == [*(NOW + timedelta(seconds=pause) for pause in PAUSES_SECONDS), None]
