"""The one writer of the engine: callers' changes gathered for a moment, then one transaction.

A process has one journal, with one thread and one database connection. What a caller was told
is written *is* written: `write` returns after the commit, never before.
"""

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
from typing import Any, ClassVar, Self, TypeVar

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection, transaction

from telemetry.services.numbering import Numbering

logger = logging.getLogger(__name__)
T = TypeVar("T")

# A commit lasts longer than this, and gathers the next batch meanwhile: a longer pause only delays.
GATHER_SECONDS = 0.005
RECONNECT_SECONDS = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)


class Command:
    """One durable change. Its type knows how to apply a list of its kind.

    `rank` is the order in which kinds are applied inside a batch, which is the order in which
    rows are locked: run, then team, then organisation, the most contended last.
    """

    rank: ClassVar[int]

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[Any]:
        """Apply them all inside the open transaction; return one result each, in order."""
        raise NotImplementedError


class Guard:
    """What must hold for a unit of commands to be applied; hashable."""

    @classmethod
    def check(cls, guards: Sequence[Self]) -> Sequence[Exception | None]:
        """Lock what they stand on; return why each one fails, or None."""
        raise NotImplementedError


@dataclass(eq=False)
class _Unit:
    """Commands that stand or fall together, and who waits for them."""

    commands: tuple[Command, ...]
    guard: Guard | None = None
    answer: asyncio.Future[Any] | None = None
    outcome: Any = None
    error: BaseException | None = None


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
        self._inbox: queue.SimpleQueue[_Unit | _Question | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="journal", daemon=True)
        self._thread.start()

    async def write(self, *commands: Command, guard: Guard | None = None) -> tuple[Any, ...]:
        """Apply the commands together; return their results once they are durable.

        Raises: the guard's exception, when none of them was applied; a database error, when the
        database stayed away, so that no money is spent on what could not be recorded.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._inbox.put(_Unit(commands, guard, answer))
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
            if isinstance(items[0], _Unit):
                time.sleep(self._gather_seconds)  # a commit costs more than this pause
            while not self._inbox.empty():
                items.append(self._inbox.get())
            going = None not in items
            units = [item for item in items if isinstance(item, _Unit)]
            _commit(units, self._numbering)
            _wake(units)
            for item in items:
                if isinstance(item, _Question):
                    _ask(item)
                    _wake([item])
        with suppress(DatabaseError):
            self._numbering.forget()
        _drop_connection()


def apply_now(*commands: Command) -> tuple[Any, ...]:
    """Apply commands inside the caller's own transaction, for code that is not the engine."""
    unit = _Unit(commands)
    with transaction.atomic():
        _apply([unit])
    result: tuple[Any, ...] = unit.outcome
    return result


def _commit(units: list[_Unit], numbering: Numbering) -> None:
    """Commit all at once; if that fails, one by one, so that no unit fails its neighbours."""
    if not units:
        return
    try:
        _with_reconnect(partial(_apply_once, units, numbering, numbering.next()))
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


def _apply_once(units: list[_Unit], numbering: Numbering, number: int) -> None:
    """Apply a batch in a transaction of its own.

    Where it was committed before and only the answer was lost, its units have their outcomes.
    """
    with transaction.atomic():
        if numbering.note(number):
            _apply(units)


def _apply(units: list[_Unit]) -> None:
    admitted = _admit(units)
    by_kind: dict[type[Command], list[tuple[_Unit, int]]] = defaultdict(list)
    for unit in admitted:
        unit.outcome = [None] * len(unit.commands)
        for place, command in enumerate(unit.commands):
            by_kind[type(command)].append((unit, place))
    for kind in sorted(by_kind, key=lambda kind: (kind.rank, kind.__name__)):
        places = by_kind[kind]
        results = kind.apply([unit.commands[place] for unit, place in places])
        for (unit, place), result in zip(places, results, strict=True):
            unit.outcome[place] = result
    for unit in admitted:
        unit.outcome = tuple(unit.outcome)


def _admit(units: list[_Unit]) -> list[_Unit]:
    by_kind: dict[type[Guard], dict[Guard, Exception | None]] = defaultdict(dict)
    for unit in units:
        if unit.guard is not None:
            by_kind[type(unit.guard)][unit.guard] = None
    for kind in sorted(by_kind, key=lambda kind: kind.__name__):
        guards = list(by_kind[kind])
        by_kind[kind] = dict(zip(guards, kind.check(guards), strict=True))
    for unit in units:
        unit.error = by_kind[type(unit.guard)][unit.guard] if unit.guard is not None else None
    return [unit for unit in units if unit.error is None]


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


def _wake(items: Sequence[_Unit | _Question]) -> None:
    """Answer every waiting caller, with one hop into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Unit | _Question]] = defaultdict(list)
    for item in items:
        if item.answer is not None:
            by_loop[item.answer.get_loop()].append(item)
    for loop, waiting in by_loop.items():
        try:
            loop.call_soon_threadsafe(_answer, waiting)
        except RuntimeError:  # the loop has ended, and with it whoever waited
            continue


def _answer(items: Sequence[_Unit | _Question]) -> None:
    for item in items:
        if item.answer is None or item.answer.done():
            continue  # cancelled while it waited: the change is written all the same
        if item.error is not None:
            item.answer.set_exception(item.error)
        else:
            item.answer.set_result(item.outcome)
