"""What a pool of workers tells the house by itself: that it lives, and that runs may be waiting."""

from __future__ import annotations

import logging
import os
import socket
import time

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from runs import queue

logger = logging.getLogger(__name__)

RING_SECONDS = 30.0
TICK_SECONDS = 0.1


class Beat:
    """Stands in for the event that q2 shares with its main process, which a kill could wedge.

    It is set from signal handlers only, so it must be free of locks. While it waits it rings the
    bell every now and then: runs whose machine died are noticed by the machines that live. It
    also tells that the pool lives, for whoever asks whether there is one.
    """

    def __init__(self) -> None:
        self.ended = False
        self.ring_at = self.beat_at = time.monotonic()

    def set(self) -> None:
        self.ended = True

    def is_set(self) -> bool:
        return self.ended

    def wait(self, seconds: float) -> bool:
        if not self.ended and time.monotonic() >= self.ring_at:
            self.ring_at = time.monotonic() + RING_SECONDS
            ring()
        if not self.ended and time.monotonic() >= self.beat_at:
            self.beat_at = time.monotonic() + queue.BEAT_SECONDS
            beat()
        until = time.monotonic() + seconds
        while not self.ended and time.monotonic() < until:
            time.sleep(TICK_SECONDS)
        return self.ended


def ring() -> None:
    """Ring the bell, if the database answers."""
    try:
        queue.ring()
    except (DatabaseError, InterfaceError):
        logger.warning("The queue cannot be reached; trying again later.", exc_info=True)
        connection.close()  # nobody else would: outside of requests Django keeps a dead one


def beat() -> None:
    """Tell that this pool lives, if the database answers."""
    try:
        queue.beat(f"{socket.gethostname()[:60]}:{os.getpid()}", timezone.now())
    except (DatabaseError, InterfaceError):
        logger.warning("Could not tell that this pool lives; trying again later.", exc_info=True)
        connection.close()
