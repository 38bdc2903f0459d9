"""The sockets: one of a run, one of everything its caller may see."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from runs.consumers.asking import BEARER, Asking, Credentials, credentials, same_origin, who_asks
from runs.consumers.messages import BATCHES, acknowledges, instant, messages, said
from runs.core.refusals import NotVisible
from runs.push import Viewer, hub
from runs.selectors.runs import run_get
from telemetry.push import Mailbox

logger = logging.getLogger(__name__)

UNREADABLE: Final = 4400
NOBODY: Final = 4401
NOT_THERE: Final = 4404
TOO_MANY: Final = 4429
BROKEN: Final = 1011

BEAT_SECONDS: Final = 5.0
# A page that has not taken so many messages gets no more; what happens waits in its mailbox.
WINDOW: Final = 2
MOST_SOCKETS: Final = 200
LONGEST_MESSAGE: Final = 1000


class OrgSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """Everything its caller may see, of all its teams."""

    _shown: Credentials
    _mailbox: Mailbox[Viewer] | None = None
    _serving: asyncio.Task[None] | None = None
    _together = False
    _unacknowledged = 0

    async def connect(self) -> None:
        """Take the handshake; who it is not for hears why by the code it is closed with."""
        self._shown = credentials(self.scope)
        if self._shown.key is None and not same_origin(self.scope):
            await self.close()
            return
        offered = self.scope.get("subprotocols", ())
        self._together = BATCHES in offered
        await self.accept(next((name for name in (BATCHES, BEARER) if name in offered), None))
        asking = await _in_thread(who_asks)(self._shown, timezone.now())
        viewer = None if asking is None else await _in_thread(self.viewer)(asking)
        if asking is None or viewer is None:
            await self.close(code=NOBODY if asking is None else NOT_THERE)
        elif _sockets_of(viewer) >= MOST_SOCKETS:
            await self.close(code=TOO_MANY)
        else:
            self._serving = asyncio.create_task(self._serve(viewer))

    def viewer(self, asking: Asking) -> Viewer | None:
        """Return what is watched; None: not the caller's to see."""
        return _viewer(asking) if asking.caller.org_ids else None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take an acknowledgement; anything else that can be read is of no interest."""
        try:
            if bytes_data or len(text_data or "") > LONGEST_MESSAGE:
                raise ValueError("too long, or not a text")
            taken = acknowledges(text_data)
        except ValueError:
            await self.close(code=UNREADABLE)
            return
        if taken and self._mailbox is not None:
            self._unacknowledged = max(0, self._unacknowledged - 1)
            self._mailbox.bell.set()

    async def disconnect(self, code: int) -> None:
        if self._serving is not None:
            self._serving.cancel()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Also when the server cancels the socket: nobody else would end what it began.
            await self.disconnect(BROKEN)

    async def _serve(self, viewer: Viewer) -> None:
        try:
            await self._follow(viewer)
            # It may watch no more; a person who is still there has lost the right alone.
            asking = await _in_thread(who_asks)(self._shown, timezone.now())
            await self.close(code=NOBODY if asking is None else NOT_THERE)
        except Exception:
            logger.exception("A socket failed")
            await self.close(code=BROKEN)

    async def _follow(self, viewer: Viewer) -> None:
        mailbox = self._mailbox = await hub().watch(viewer)
        try:
            at = instant(timezone.now())
            await self._say(said("hello", mailbox.head, at=at, beat_seconds=BEAT_SECONDS))
            while not mailbox.dismissed:
                if mailbox and self._has_room:
                    for message in messages(mailbox.take(), mailbox.head, together=self._together):
                        await self._say(message)
                elif not await _rung(mailbox.bell) and self._has_room:
                    await self._say(said("beat", mailbox.head, at=instant(timezone.now())))
        finally:
            hub().leave(mailbox)

    @property
    def _has_room(self) -> bool:
        return self._unacknowledged < WINDOW

    async def _say(self, message: str) -> None:
        if self._together:
            self._unacknowledged += 1
        await self.send(text_data=message)


class RunSocket(OrgSocket):
    """One run."""

    def viewer(self, asking: Asking) -> Viewer | None:
        run_id: UUID = self.scope["url_route"]["kwargs"]["run_id"]
        try:
            run = run_get(asking.caller, run_id)
        except (NotVisible, PermissionDenied):
            return None
        return _viewer(asking, run.pk, run.team_id)


class NoSuchSocket(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Any other address."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=NOT_THERE)


def _viewer(asking: Asking, run_id: UUID | None = None, team_id: int | None = None) -> Viewer:
    caller = asking.caller
    return Viewer(caller.user_id, caller.api_key_id, asking.session_key, run_id, team_id)


def _sockets_of(viewer: Viewer) -> int:
    return sum(each.who.pk == viewer.who.pk for each in hub().viewers())


def _in_thread(function: Any) -> Any:
    return database_sync_to_async(function, thread_sensitive=False)


async def _rung(bell: asyncio.Event) -> bool:
    """Wait until something happens; False after a while without."""
    try:
        async with asyncio.timeout(BEAT_SECONDS):
            await bell.wait()
    except TimeoutError:
        return False
    bell.clear()
    return True
