"""What waits for one watcher: never more than a bounded number of events."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from telemetry.push.news import News

MAILBOX_SIZE: Final = 256

Viewer = TypeVar("Viewer", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Letter:
    """What waits for one watcher. `since`: it missed events after this number."""

    news: Sequence[News]
    since: int | None = None


class Mailbox(Generic[Viewer]):
    """What one watcher has not taken yet: a bounded number of events, then only that it lags."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.head = 0
        self.dismissed = False
        self.bell = asyncio.Event()
        self._told = 0
        self._news: list[News] = []
        self._since: int | None = None

    def __bool__(self) -> bool:
        return bool(self._news) or self._since is not None

    def begin(self, head: int) -> None:
        """Set the number after which this watcher gets everything."""
        self.head = self._told = head

    def put(self, news: Sequence[News]) -> None:
        """Keep news until they are taken; too many give way to the number to read on from."""
        if self._since is None and len(self._news) + len(news) > MAILBOX_SIZE:
            self._since, self._news = self._told, []
        if self._since is None:
            self._news.extend(news)
        self.bell.set()

    def take(self) -> Letter:
        """Return what waits, and be empty."""
        letter = Letter(self._news, self._since)
        self._told = max([self._told, *(each.seq for each in self._news)])
        if letter.since is not None:
            self._told = self.head
        self._news, self._since = [], None
        return letter

    def dismiss(self) -> None:
        """Let the watcher know that it may not watch any more."""
        self.dismissed = True
        self._news, self._since = [], None
        self.bell.set()
