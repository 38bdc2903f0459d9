"""django-q2's sentinel, hardened: it ends in bounded time and never goes on with a broken pool.

A worker that is killed may die holding a lock that its siblings share (an idle one always does:
the queue's), so nothing is repaired in place. The sentinel ends what is left, and exits; the
command starts a new one with new locks.
"""

from __future__ import annotations

import logging
import os
import queue as stdlib_queue
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Process
from typing import Any

from django_q.cluster import Conf, get_mp_context
from django_q.cluster import Sentinel as PlainSentinel
from django_q.worker import worker

from runs import queue
from runs.management.beat import TICK_SECONDS, Beat, ring
from runs.management.broker import PatientBroker
from runs.management.lifeline import die_with_parent, find_prctl

logger = logging.getLogger(__name__)

BROKEN = 3  # the exit code that asks for a fresh sentinel
WORKER_GRACE_SECONDS = 3.3  # for carriers to settle calls and hand back their leases
STOP_SECONDS = 4.2  # honcho kills after 5


def run_sentinel(parent_pid: int) -> None:
    """Guard one pool of workers until it is told to end or one of them is killed."""
    die_with_parent(parent_pid, "q-sentinel", find_prctl())
    sentinel = Sentinel()
    signal.signal(signal.SIGTERM, sentinel.finish)
    signal.signal(signal.SIGCHLD, sentinel.look)
    sentinel.start()
    sys.exit(BROKEN if sentinel.broken else 0)


class Sentinel(PlainSentinel):  # type: ignore[misc]  # django-q2 has no types
    """A pool whose every member lives and dies with it."""

    def __init__(self) -> None:
        self.broken = False
        self.children: list[Process] = []
        super().__init__(
            Beat(), threading.Event(), uuid.uuid4(), broker=PatientBroker(), start=False
        )

    def finish(self, *_: object) -> None:
        """Handle SIGTERM: end in good order."""
        self.stop_event.set()

    def look(self, *_: object) -> None:
        """Handle SIGCHLD: a member that did not end by itself ends the whole pool."""
        if not self.stop_event.is_set() and any(child.exitcode for child in self.children):
            self.broken = True
            self.stop_event.set()
            _end_by(STOP_SECONDS)  # the main thread may be waiting for a lock of the dead

    def spawn_process(self, target: Callable[..., None], *args: Any) -> Any:
        name = f"q-{target.__name__}"
        process: Any = get_mp_context().Process(
            target=_live,
            name=f"{name}-{uuid.uuid4().hex[:8]}",
            args=(os.getpid(), name, target, args),
        )
        process.daemon = target is not worker or Conf.DAEMONIZE_WORKERS
        if target is worker:
            process.timer = args[2]
            self.pool.append(process)
        self.children = [child for child in self.children if child.exitcode != 0] + [process]
        process.start()
        return process

    def reincarnate(self, process: Process) -> None:
        """Replace a member that ended by itself (recycled, or told to), and only such a one."""
        if process.exitcode == 0:
            super().reincarnate(process)
        else:
            self.look()

    def stop(self) -> None:
        _end_by(STOP_SECONDS)
        if self.broken:
            logger.error("A process of the worker pool was killed or crashed: ending the pool.")
        self.event_out.set()  # to the pusher
        self._end(self.pool, WORKER_GRACE_SECONDS)
        self._give_back()
        ring()  # for whoever lives to take over the runs that were handed back
        self.result_queue.put("STOP")  # to the monitor, once it has stored every result
        self.monitor.join(0.5)
        for child in self.children:
            child.kill()
            child.join()
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _end(self, workers: list[Process], seconds: float) -> None:
        until = time.monotonic() + seconds
        while any(process.is_alive() for process in workers) and time.monotonic() < until:
            for process in workers:
                process.terminate()  # again and again: a newborn may not be listening yet
            time.sleep(TICK_SECONDS)

    def _give_back(self) -> None:
        """Return the jobs that were taken from the table and not begun."""
        while True:
            ended = not self.pusher.is_alive()
            try:
                job = self.task_queue.get(timeout=TICK_SECONDS)
            except stdlib_queue.Empty:
                if ended:
                    return
                continue
            queue.give_back(job["ack_id"])


class Shift:
    """The task queue as one worker sees it: at its end once the worker was told to finish."""

    def __init__(self, tasks: Any) -> None:
        self.tasks = tasks
        self.ended = False

    def get(self) -> Any:
        while not self.ended:
            with suppress(stdlib_queue.Empty):
                return self.tasks.get(timeout=0.5)
        return "STOP"

    def end(self, *_: object) -> None:
        """Handle SIGTERM: take no more jobs and have the running one come to its end."""
        if not self.ended:
            self.ended = True
            # In a thread: the handler may have interrupted code that holds a lock it would need.
            threading.Thread(target=_stop_carrying).start()


def _live(parent_pid: int, name: str, target: Callable[..., None], args: tuple[Any, ...]) -> None:
    """Be one process of the pool."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if target is worker:
        shift = Shift(args[0])
        args = (shift, *args[1:])
        signal.signal(signal.SIGTERM, shift.end)
    die_with_parent(parent_pid, name, find_prctl())
    target(*args)
    if target is worker:
        _stop_carrying()  # recycled: a carrier goes on between jobs, but not without its process


def _stop_carrying() -> None:
    carry = sys.modules.get("runs.engine.carry")  # never imported: nothing is being carried
    if carry is not None:
        carry.stop()


def _end_by(seconds: float) -> None:
    """Let the kernel end this process if it still runs then; its children follow."""
    if signal.getitimer(signal.ITIMER_REAL)[0] == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
