"""Viewers of the live feed over real sockets: many in one process, each quick or slow."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

Listener = Callable[[dict[str, Any]], None]


class Viewer:
    """One socket that acknowledges, as a page does. `delay_seconds` before each makes it slow."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, delay_seconds: float) -> None:
        self.socket = socket
        self.delay_seconds = delay_seconds
        self.events: list[dict[str, Any]] = []
        self.gaps: list[dict[str, Any]] = []
        self.greeting: dict[str, Any] = {}

    async def follow(self, listener: Listener) -> None:
        """Take messages until the socket is closed."""
        async for frame in self.socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                break
            message = json.loads(frame.data)
            self.take(message, listener)
            if self.delay_seconds:
                await asyncio.sleep(self.delay_seconds)
            await self.socket.send_str(json.dumps({"type": "ack", "seq": message["seq"]}))

    def take(self, message: dict[str, Any], listener: Listener) -> None:
        if message["type"] == "live.hello":
            self.greeting = message
        elif message["type"] == "live.gap":
            self.gaps.append(message)
        for event in message.get("events", ()):
            self.events.append(event)
            listener(event)


@asynccontextmanager
async def watching(
    url: str,
    key: str,
    *delays: float,
    listener: Listener = lambda event: None,
) -> AsyncIterator[list[Viewer]]:
    """Have viewers of an address, one for each delay, until the block ends."""
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        viewers, tasks = [], []
        for delay in delays:
            socket = await session.ws_connect(
                url,
                headers={"Authorization": f"Bearer {key}"},
                protocols=["batches.v1"],
            )
            viewers.append(Viewer(socket, delay))
            tasks.append(asyncio.create_task(viewers[-1].follow(listener)))
        await until(lambda: all(viewer.greeting for viewer in viewers))
        try:
            yield viewers
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until something holds. Raises: TimeoutError."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)
