"""Ties a process to its parent, so that kill -9 of one leaves no orphans that go on working."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # Source: prctl(2), linux/prctl.h
PR_SET_NAME = 15
POLL_SECONDS = 1.0

Prctl = Callable[..., int]


def find_prctl() -> Prctl | None:
    """Return the kernel's door to parent-death signals; None where there is none (macOS)."""
    return getattr(ctypes.CDLL(None), "prctl", None)


def die_with_parent(parent_pid: int, name: str, prctl: Prctl | None) -> None:
    """Have this process killed as soon as its parent has died; `name` is what `ps` shows.

    Without prctl a thread looks once a second: an orphan then lives for up to a second.
    """
    if prctl is not None:
        prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
    if prctl is None or prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        threading.Thread(target=_watch, args=(parent_pid,), daemon=True).start()
    # The parent may have died between the fork and the lines above: then no signal will come.
    if os.getppid() != parent_pid:
        os._exit(1)


def _watch(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(POLL_SECONDS)
    os._exit(1)
