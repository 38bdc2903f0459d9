"""Work beside the runs of one worker, that no run waits for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)

# More of it at once would take the providers' room away from the runs.
AT_ONCE = 16


class Background:
    """Carries work out beside the runs; what comes when there is too much of it is left out."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> bool:
        """Begin; tell whether there was room."""
        if len(self._running) >= AT_ONCE:
            work.close()
            return False
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._end)
        return True

    async def drain(self) -> None:
        """Wait until all of it is done."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def close(self) -> None:
        """Give up what is under way."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("Work beside the runs failed", exc_info=error)
