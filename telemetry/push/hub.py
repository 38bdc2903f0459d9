"""The hub: reads the event table for everybody who watches in one process, and fans out.

The table is the truth and the hub a hint: who falls behind is told from where to read on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final, Generic
from uuid import UUID

from django.db import connection
from django.db.models import Max, Q

from telemetry.core.tail import Tail
from telemetry.models import Event
from telemetry.push.mailbox import Mailbox, Viewer
from telemetry.push.news import News

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.25
# So often rights are judged although nothing happens.
JUDGE_SECONDS: Final = 5.0
READ_AT_ONCE: Final = 1000
# What was visible shortly before the first look tells which numbers may still appear.
SECOND_LOOK: Final = 200

# What one viewer may see of some news; None: it may not watch any more.
Sight = Callable[[Sequence[News]], Sequence[News]]
# Runs in the hub's thread, once a look, for all viewers at once.
Judge = Callable[[Collection[Viewer]], Mapping[Viewer, Sight | None]]


class Hub(Generic[Viewer]):
    """Looks while anybody watches; lives in one event loop."""

    def __init__(self, judge: Judge[Viewer]) -> None:
        self._judge = judge
        self._mailboxes: set[Mailbox[Viewer]] = set()
        self._newcomers: dict[Mailbox[Viewer], asyncio.Future[None]] = {}
        self._bells: dict[UUID, set[asyncio.Event]] = {}
        self._tail: Tail | None = None
        self._judged = 0.0
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    async def watch(self, viewer: Viewer) -> Mailbox[Viewer]:
        """Give a mailbox for all that happens from now on, and that this viewer may see."""
        mailbox = Mailbox(viewer)
        # Between two looks: what the one under way finds is not for this mailbox to miss.
        self._newcomers[mailbox] = asyncio.get_running_loop().create_future()
        self._start()
        try:
            await self._newcomers[mailbox]
        except BaseException:
            self.leave(mailbox)
            raise
        return mailbox

    def leave(self, mailbox: Mailbox[Viewer]) -> None:
        """Watch no longer."""
        self._mailboxes.discard(mailbox)
        self._newcomers.pop(mailbox, None)

    def viewers(self) -> list[Viewer]:
        """Return who watches, once for each mailbox."""
        return [mailbox.viewer for mailbox in (*self._mailboxes, *self._newcomers)]

    @contextmanager
    def ringing(self, run_id: UUID, bell: asyncio.Event) -> Iterator[None]:
        """Ring when the run has news, without saying what: whoever hears it reads by itself."""
        self._bells.setdefault(run_id, set()).add(bell)
        self._start()
        try:
            yield
        finally:
            self._bells[run_id].discard(bell)
            if not self._bells[run_id]:
                del self._bells[run_id]

    def _start(self) -> None:
        self._wake.set()
        if self._task is None or self._task.done():
            self._tail = None
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        # A thread of its own keeps one connection open; the pool's would open one a look.
        thread = ThreadPoolExecutor(1, "events")
        failing = False
        try:
            while self._mailboxes or self._newcomers or self._bells:
                failing = not await self._try_to_look(thread, failing)
                await self._pause()
        finally:
            thread.submit(_close)
            thread.shutdown(wait=False)

    async def _try_to_look(self, thread: ThreadPoolExecutor, failing: bool) -> bool:
        try:
            while await self._look(thread) == READ_AT_ONCE:
                pass
        except Exception:
            # Watchers stay: nothing counts as read yet, so all is read when the database is back.
            if not failing:
                logger.warning("Cannot look for events; trying again", exc_info=True)
            await asyncio.get_running_loop().run_in_executor(thread, _close)
            return False
        return True

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._wake.wait()
        self._wake.clear()

    async def _look(self, thread: ThreadPoolExecutor) -> int:
        loop = asyncio.get_running_loop()
        if self._tail is None:
            self._tail = await loop.run_in_executor(thread, _begin)
            self._ring(set(self._bells))
        self._welcome(self._tail.highest)
        viewers = {mailbox.viewer for mailbox in self._mailboxes}
        news, sights = await loop.run_in_executor(thread, self._read, self._tail, viewers)
        self._tail.fresh([each.seq for each in news], time.monotonic())
        self._hand_out(news, sights, self._tail.highest)
        return len(news)

    def _welcome(self, head: int) -> None:
        for mailbox, joined in self._newcomers.items():
            mailbox.begin(head)
            self._mailboxes.add(mailbox)
            if not joined.done():
                joined.set_result(None)
        self._newcomers.clear()

    def _read(
        self, tail: Tail, viewers: Collection[Viewer]
    ) -> tuple[list[News], Mapping[Viewer, Sight | None]]:
        """Read what is new, then what rights hold: never the other way round."""
        news, now = _after(tail), time.monotonic()
        if not viewers or (not news and now < self._judged + JUDGE_SECONDS):
            return news, {}
        sights = self._judge(viewers)
        self._judged = now
        return news, sights

    def _hand_out(
        self, news: Sequence[News], sights: Mapping[Viewer, Sight | None], head: int
    ) -> None:
        seen = {viewer: sight(news) for viewer, sight in sights.items() if sight is not None}
        for mailbox in self._mailboxes:
            mailbox.head = head
            if own := seen.get(mailbox.viewer):
                mailbox.put(own)
            elif mailbox.viewer in sights and mailbox.viewer not in seen:
                mailbox.dismiss()
        self._ring({each.run_id for each in news if each.run_id})

    def _ring(self, run_ids: Iterable[UUID]) -> None:
        for run_id in run_ids:
            for bell in self._bells.get(run_id, ()):
                bell.set()


def _begin() -> Tail:
    highest = Event.objects.aggregate(last=Max("seq"))["last"] or 0
    before = Event.objects.filter(seq__gt=highest - SECOND_LOOK, seq__lte=highest)
    return Tail(highest, before.values_list("seq", flat=True), time.monotonic())


def _after(tail: Tail) -> list[News]:
    wanted = Q(seq__gt=tail.highest)
    if tail.holes:
        wanted |= Q(seq__in=tail.holes)
    names = ("seq", "at", "org_id", "team_id", "run_id", "type", "payload")
    rows = Event.objects.filter(wanted).order_by("seq")[:READ_AT_ONCE]
    return [News(*row) for row in rows.values_list(*names)]


def _close() -> None:
    """Close this thread's own connection: `connection.close` would name the asking thread's."""
    connection.close()
