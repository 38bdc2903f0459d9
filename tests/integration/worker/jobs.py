"""Jobs that leave a mark in the database, so that a test can count what workers really did."""

from __future__ import annotations

import os
import sys
import threading
import time
from types import ModuleType

from django.db import connection

TABLE = "worker_mark"


def work(label: str, seconds: float = 0.0) -> None:
    """Mark the beginning, take a while, mark the end."""
    _mark(label, "began")
    time.sleep(seconds)
    _mark(label, "ended")


def carry_until_stopped(label: str) -> None:
    """Stand in for a carrier with runs in flight: ends when the worker's shutdown asks it to."""
    stopped = threading.Event()
    carrier = ModuleType("runs.engine.carry")
    carrier.stop = stopped.set  # type: ignore[attr-defined]
    sys.modules[carrier.__name__] = carrier
    _mark(label, "began")
    stopped.wait(60)
    _mark(label, "released")


def _mark(label: str, kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} (label, kind, pid) VALUES (%s, %s, %s)",
            [label, kind, os.getpid()],
        )
