"""This process's carrier: there is one, and jobs of the queue keep it going."""

from __future__ import annotations

import threading

from django.conf import settings

from runs.engine.carrier import Carrier

_carrier: Carrier | None = None
_lock = threading.Lock()


def work(seconds: float) -> bool:
    """Carry runs out for a while; return whether any is still unfinished.

    The first call starts this process's carrier, which goes on between the calls.
    """
    global _carrier
    with _lock:
        if _carrier is None or not _carrier.alive:
            _carrier = Carrier(settings.RUNS_IN_FLIGHT, settings.LEASE_SECONDS)
        carrier = _carrier
    carrier.poke()
    return not carrier.quiet.wait(seconds)


def stop() -> None:
    """End this process's carrier, if it has one, giving its runs back."""
    with _lock:
        if _carrier is not None and _carrier.alive:
            _carrier.stop()
