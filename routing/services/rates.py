"""Takes room under the limits of rate, which all workers share through the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from routing.core.rates import (
    RateLimit,
    Taken,
    Use,
    Wait,
    Window,
    correct,
    judge,
    longest,
    moment_for,
    take,
)
from routing.models import RateWindow
from telemetry.services.bulk import update_rows
from telemetry.services.journal import Command


@dataclass(frozen=True)
class Room:
    """What was taken for one call: under which limits, how much, as of when."""

    limits: tuple[RateLimit, ...]
    use: Use
    taken: Taken


@dataclass(frozen=True)
class TakeRoom(Command):
    """Ask for room under every limit at once, or say what a call used of the room it had.

    The result of an ask is the Room, or the Wait that the call has ahead; of a correction
    (`instead_of` is the room) None. One kind for both, so that each batch locks its windows in
    one order.
    """

    rank: ClassVar[int] = 60
    limits: tuple[RateLimit, ...]
    use: Use
    at: datetime
    instead_of: Room | None = None

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[Room | Wait | None]:
        shelf = _Shelf({limit.key for command in commands for limit in command.limits})
        results = [command._done_on(shelf) for command in commands]
        shelf.save()
        return results

    def _done_on(self, shelf: _Shelf) -> Room | Wait | None:
        if self.instead_of is not None:
            shelf.correct(self.instead_of, self.use)
            return None
        return shelf.take(self.limits, self.use, self.at.timestamp())


class _Shelf:
    """Windows locked for one batch: filled in memory, written once."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._rows = _locked(sorted(keys))
        self._windows = {
            key: Window.from_json(row.at, row.taken) for key, row in self._rows.items()
        }
        self._changed: set[str] = set()

    def take(self, limits: Sequence[RateLimit], use: Use, at: float) -> Room | Wait:
        """Take room under all of these limits, or under none."""
        moment = moment_for((self._windows[limit.key] for limit in limits), at)
        waits = [
            wait
            for limit in limits
            if (wait := judge(limit, self._windows[limit.key], use, moment)) is not None
        ]
        if (wait := longest(waits)) is not None:
            return wait
        for limit in limits:
            self._set(limit.key, take(limit, self._windows[limit.key], use, moment))
        return Room(tuple(limits), use, Taken(moment))

    def correct(self, room: Room, used: Use) -> None:
        """Count what a call used in place of what it might have."""
        for limit in room.limits:
            window = self._windows[limit.key]
            self._set(limit.key, correct(limit, window, room.use, used, room.taken.at))

    def save(self) -> None:
        """Write what was changed."""
        update_rows(
            RateWindow,
            ("at", "taken"),
            [
                (self._windows[key].at, self._windows[key].as_json(), self._rows[key].pk)
                for key in sorted(self._changed)
            ],
        )

    def _set(self, key: str, window: Window) -> None:
        self._windows[key] = window
        self._changed.add(key)


def _locked(keys: Sequence[str]) -> Mapping[str, RateWindow]:
    """Lock these windows, making those that are not there.

    They are made before any is locked: who waits for another's new row must hold nothing that
    the other waits for.
    """
    windows = RateWindow.objects.filter(key__in=keys)
    known = set(windows.values_list("key", flat=True))
    missing = [RateWindow(key=key) for key in keys if key not in known]
    if missing:
        RateWindow.objects.bulk_create(missing, ignore_conflicts=True)
    return {row.key: row for row in windows.select_for_update().order_by("key")}
