"""A viewer of the real application, without a server in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from budgets.models import User
from config.asgi import application
from runs.consumers.messages import BATCHES
from telemetry.push.hub import LOOK_SECONDS

HOST = "127.0.0.1:8000"
PATIENCE_SECONDS = 5.0
QUIET_SECONDS = 0.8


class Socket:
    """One connection. Use `opened` where it is to be accepted and greeted."""

    def __init__(self, path: str, *, headers: Sequence[tuple[str, str]] = (),
                 subprotocols: Sequence[str] = ()) -> None:  # fmt: skip
        raw = [(b"host", HOST.encode())]
        raw += [(name.encode(), value.encode()) for name, value in headers]
        self.wire = WebsocketCommunicator(application, path, raw, list(subprotocols))
        self.subprotocol: str | None = None

    async def open(self) -> bool:
        accepted, self.subprotocol = await self.wire.connect(timeout=PATIENCE_SECONDS)
        return bool(accepted)

    async def next(self) -> dict[str, Any]:
        """Return the next message that is no beat."""
        while True:
            message: dict[str, Any] = json.loads(await self.wire.receive_from(PATIENCE_SECONDS))
            if message["type"] != "live.beat":
                return message

    async def take(self, number: int) -> list[dict[str, Any]]:
        return [await self.next() for _ in range(number)]

    async def code(self) -> int:
        """Return the code the socket is closed with, and fail if anything else comes."""
        output = await self.wire.receive_output(PATIENCE_SECONDS)
        assert output["type"] == "websocket.close", output
        return int(output["code"])

    async def quiet(self) -> bool:
        """Tell whether nothing at all comes for a while, which is several looks of the hub."""
        return bool(await self.wire.receive_nothing(QUIET_SECONDS))

    async def say(self, text: str) -> None:
        await self.wire.send_to(text_data=text)

    async def leave(self) -> None:
        await self.wire.disconnect()


def by_key(path: str, key: str, *, pages: bool = False) -> Socket:
    protocols = [BATCHES] if pages else []
    return Socket(path, headers=[("authorization", f"Bearer {key}")], subprotocols=protocols)


def by_session(path: str, user: User, *, origin: str | None = f"http://{HOST}") -> Socket:
    headers = [("cookie", f"{settings.SESSION_COOKIE_NAME}={session_of(user)}")]
    return Socket(path, headers=headers + ([("origin", origin)] if origin else []))


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@asynccontextmanager
async def opened(*sockets: Socket) -> AsyncIterator[list[dict[str, Any]]]:
    """Have the sockets open, and their greetings."""
    greetings = []
    for socket in sockets:
        assert await socket.open()
        greetings.append(await socket.next())
    try:
        yield greetings
    finally:
        for socket in sockets:
            await socket.leave()


async def later(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Do something in a thread, as another process would."""
    from channels.db import database_sync_to_async

    return await database_sync_to_async(function, thread_sensitive=False)(*arguments, **more)


def play(scene: Callable[[], Any], seconds: float = 40) -> Any:
    """Act a scene out in an event loop of its own, with nothing left over afterwards."""

    async def bounded() -> Any:
        try:
            return await asyncio.wait_for(scene(), seconds)
        finally:
            await asyncio.sleep(2 * LOOK_SECONDS)  # the hub sees that nobody watches, and ends

    return asyncio.run(bounded())
