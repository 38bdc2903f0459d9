"""One worker process carrying out many runs at once, on one event loop in one thread.

The queue is only the bell. What there is to do is read from the runs themselves, so a lost or
doubled job harms nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
from uuid import UUID

from django.utils import timezone

from routing.services.gateway import Gateway
from runs.core.interruption import LeaseLost, RunCancelled, Stopping
from runs.core.status import RunStatus
from runs.engine.background import Background
from runs.engine.checking import Checks
from runs.engine.chores import sweep
from runs.engine.run import carry_out
from runs.engine.session import Session
from runs.services import lease
from telemetry.services.journal import Journal

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
GATHER_SECONDS = 0.05
GRACE_SECONDS = 2.0  # the worker command ends us after 3.3, leases given back or not


class Carrier:
    """Claims runs, carries them out together, and keeps their leases, until it is stopped."""

    def __init__(self, in_flight: int, lease_seconds: float) -> None:
        self.owner = f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.quiet = threading.Event()  # set while no run of anybody is unfinished
        self._in_flight = in_flight
        self._lease_seconds = lease_seconds
        self._sessions: dict[UUID, Session] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._loop = asyncio.new_event_loop()
        self._bell = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="carrier", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive() and not self._stopping

    def poke(self) -> None:
        """Look for runs now instead of at the next poll."""
        self.quiet.clear()
        self._loop.call_soon_threadsafe(self._bell.set)

    def stop(self) -> None:
        """Let calls in flight settle for a moment, then give every run back; blocks."""
        self._stopping = True
        self._loop.call_soon_threadsafe(self._bell.set)
        self._thread.join(GRACE_SECONDS + 2)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except Exception:
            logger.exception("The carrier ended; the next job starts another")
        finally:
            self.quiet.set()
            self._stopping = True

    async def _serve(self) -> None:
        self._journal = Journal()
        self._gateway = Gateway(self._journal)
        self._background = Background()
        self._checks = Checks(self._journal)
        keeper = asyncio.create_task(self._keep_leases())
        sweeper = asyncio.create_task(sweep(self._journal))
        try:
            while not self._stopping:
                await self._look()
                await self._wait()
        finally:
            await self._hand_back()
            keeper.cancel()
            sweeper.cancel()
            await self._background.close()
            await self._gateway.close()
            await asyncio.to_thread(self._journal.close)

    async def _look(self) -> None:
        """Claim what can be carried out beside what is going on already."""
        room = self._in_flight - len(self._sessions)
        try:
            if room > 0:
                await self._claim(room)
            if not self._sessions and not await self._journal.call(lease.unfinished):
                self.quiet.set()
        except Exception:
            logger.exception("Could not look for runs; trying again")

    async def _claim(self, room: int) -> None:
        claimed = await self._journal.call(
            lease.claim, self.owner, room, timezone.now(), self._lease_seconds, set(self._sessions)
        )
        for item in claimed:
            self.quiet.clear()
            session = Session(
                item.run_id,
                item.epoch,
                self._journal,
                self._gateway,
                self._background,
                self._checks,
            )
            self._sessions[item.run_id] = session
            task = asyncio.create_task(self._carry(session), name=f"run {item.run_id}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _wait(self) -> None:
        timeout = None if self.quiet.is_set() else POLL_SECONDS
        try:
            await asyncio.wait_for(self._bell.wait(), timeout)
        except TimeoutError:
            return
        await asyncio.sleep(GATHER_SECONDS)  # runs that end together are refilled by one claim
        self._bell.clear()

    async def _carry(self, session: Session) -> None:
        try:
            await carry_out(session)
        except Exception:
            # Not even its end could be written. The lease runs out and another try is made.
            logger.exception("Run %s could not be brought to an end", session.run_id)
        finally:
            self._let_go(session)
            self._bell.set()

    def _let_go(self, session: Session) -> None:
        """Forget a session, but not a later one of the same run."""
        if self._sessions.get(session.run_id) is session:
            del self._sessions[session.run_id]

    async def _keep_leases(self) -> None:
        """Prolong our leases, and learn of cancelled and lost runs by the way."""
        while True:
            await asyncio.sleep(min(1.0, self._lease_seconds / 3))
            try:
                await self._heartbeat()
            except Exception:
                logger.exception("Could not prolong the leases; trying again")

    async def _heartbeat(self) -> None:
        sessions = dict(self._sessions)
        if not sessions:
            return
        held = await self._journal.call(
            lease.heartbeat, self.owner, list(sessions), timezone.now(), self._lease_seconds
        )
        for run_id, session in sessions.items():
            status = held.get(run_id)
            if status is None:
                session.halt(LeaseLost(run_id))
                self._let_go(session)  # it may be claimed again while the old call comes to its end
            elif status == RunStatus.CANCELLING:
                session.halt(RunCancelled(run_id))

    async def _hand_back(self) -> None:
        for session in self._sessions.values():
            session.halt(Stopping())
        held = list(self._sessions)
        if tasks := set(self._running):
            _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._journal.call(lease.release, self.owner, held)
