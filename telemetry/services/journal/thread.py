"""The thread that writes: it gathers, commits, and wakes whoever waits."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection

from telemetry.services.journal.batch import Unit, apply_once
from telemetry.services.journal.command import Command, Guard
from telemetry.services.numbering import Numbering

logger = logging.getLogger(__name__)
T = TypeVar("T")

# A commit lasts longer than this, and gathers the next batch meanwhile: a longer pause only delays.
GATHER_SECONDS = 0.005
RECONNECT_SECONDS = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)


@dataclass(eq=False)
class _Question:
    """A function to run on the journal's connection, and who waits for its answer."""

    function: Callable[[], Any]
    answer: asyncio.Future[Any]
    outcome: Any = None
    error: BaseException | None = None


class Journal:
    """Collects commands from any number of coroutines and commits them in batches."""

    def __init__(self, gather_seconds: float = GATHER_SECONDS) -> None:
        self._gather_seconds = gather_seconds
        self._numbering = Numbering()
        self._inbox: queue.SimpleQueue[Unit | _Question | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="journal", daemon=True)
        self._thread.start()

    async def write(self, *commands: Command, guard: Guard | None = None) -> tuple[Any, ...]:
        """Apply the commands together; return their results once they are durable.

        Raises: the guard's exception, when none of them was applied; a database error, when the
        database stayed away, so that no money is spent on what could not be recorded.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._inbox.put(Unit(commands, guard, answer))
        result: tuple[Any, ...] = await answer
        return result

    async def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run a blocking database function in the journal's thread, between two batches."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._inbox.put(_Question(partial(function, *args, **kwargs), answer))
        result: T = await answer
        return result

    def close(self) -> None:
        """Commit what was handed in, then end the thread."""
        self._inbox.put(None)
        self._thread.join()

    def _serve(self) -> None:
        going = True
        while going:
            items = [self._inbox.get()]
            if isinstance(items[0], Unit):
                time.sleep(self._gather_seconds)  # a commit costs more than this pause
            while not self._inbox.empty():
                items.append(self._inbox.get())
            going = None not in items
            units = [item for item in items if isinstance(item, Unit)]
            _commit(units, self._numbering)
            _wake(units)
            for item in items:
                if isinstance(item, _Question):
                    _ask(item)
                    _wake([item])
        with suppress(DatabaseError):
            self._numbering.forget()
        _drop_connection()


def _commit(units: list[Unit], numbering: Numbering) -> None:
    """Commit all at once; if that fails, one by one, so that no unit fails its neighbours."""
    if not units:
        return
    try:
        _with_reconnect(partial(apply_once, units, numbering, numbering.next()))
    except Exception as error:
        if len(units) == 1:
            # By their names alone: what they carry are people's texts.
            names = [type(command).__name__ for command in units[0].commands]
            logger.error("The journal could not write %s", names, exc_info=error)
            units[0].error = error
            return
        lost = isinstance(error, (OperationalError, InterfaceError))
        for unit in units:
            if lost:
                unit.error = error
            else:
                _commit([unit], numbering)


def _ask(question: _Question) -> None:
    try:
        question.outcome = _with_reconnect(question.function)
    except Exception as error:
        question.error = error


def _with_reconnect(work: Callable[[], T]) -> T:
    """Do the work; while the database is away, wait and try again, some 15 s in all."""
    for pause in (*RECONNECT_SECONDS, None):
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            _drop_connection()
            if pause is None:
                raise
            logger.warning("The database is away (%s); trying again in %s s", error, pause)
            time.sleep(pause)
    raise AssertionError("unreachable")


def _drop_connection() -> None:
    if connection.in_atomic_block:
        return  # a test's own transaction: not ours to end
    try:
        connection.close()
    except DatabaseError:
        connection.connection = None


def _wake(items: Sequence[Unit | _Question]) -> None:
    """Answer every waiting caller, with one hop into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Unit | _Question]] = defaultdict(list)
    for item in items:
        if item.answer is not None:
            by_loop[item.answer.get_loop()].append(item)
    for loop, waiting in by_loop.items():
        try:
            loop.call_soon_threadsafe(_answer, waiting)
        except RuntimeError:  # the loop has ended, and with it whoever waited
            continue


def _answer(items: Sequence[Unit | _Question]) -> None:
    for item in items:
        if item.answer is None or item.answer.done():
            continue  # cancelled while it waited: the change is written all the same
        if item.error is not None:
            item.answer.set_exception(item.error)
        else:
            item.answer.set_result(item.outcome)
