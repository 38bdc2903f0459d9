"""Who waits for news of which run: one look at the event table serves every stream of a process."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.db.models import Max

from telemetry.models import Event

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.25
# Sequence numbers may become visible out of order: that many are looked at once more.
SECOND_LOOK: Final = 200


class Watch:
    """Rings the bells of those who follow a run when it has new events."""

    def __init__(self) -> None:
        self._bells: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._seen: set[int] = set()
        self._highest: int | None = None
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def bell(self, run_id: UUID) -> AsyncIterator[asyncio.Event]:
        """Give a bell that rings for this run; somebody looks while anybody has one."""
        bell = asyncio.Event()
        self._bells[run_id].add(bell)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield bell
        finally:
            self._bells[run_id].discard(bell)
            if not self._bells[run_id]:
                del self._bells[run_id]

    async def _look(self) -> None:
        self._highest = None
        while self._bells:
            try:
                self._ring(
                    await database_sync_to_async(news, thread_sensitive=False)(self._highest)
                )
            except Exception:
                # The streams stay open: what they missed is in the table when it is back.
                logger.warning("Could not look for events; trying again", exc_info=True)
            await asyncio.sleep(LOOK_SECONDS)

    def _ring(self, rows: Iterable[tuple[int, UUID | None]]) -> None:
        found = dict(rows)
        first = self._highest is None
        for seq, run_id in found.items():
            if not first and seq not in self._seen and run_id is not None:
                for bell in self._bells.get(run_id, ()):
                    bell.set()
        self._seen = set(found)
        self._highest = max(found, default=self._highest or 0)


def news(highest: int | None) -> list[tuple[int, UUID | None]]:
    """Return number and run of the events after, and shortly before, the highest one known."""
    if highest is None:
        highest = Event.objects.aggregate(last=Max("seq"))["last"] or 0
    rows = Event.objects.filter(seq__gt=highest - SECOND_LOOK)
    return list(rows.values_list("seq", "run_id"))


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


def watch() -> Watch:
    """Return the watch of the running event loop; a server has one loop, tests have many."""
    return _watches.setdefault(asyncio.get_running_loop(), Watch())
