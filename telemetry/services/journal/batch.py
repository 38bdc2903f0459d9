"""A batch of units: which of them are let in, and in what order their commands are applied."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from telemetry.services.journal.command import Command, Guard
from telemetry.services.numbering import Numbering


@dataclass(eq=False)
class Unit:
    """Commands that stand or fall together, and who waits for them."""

    commands: tuple[Command, ...]
    guard: Guard | None = None
    answer: asyncio.Future[Any] | None = None
    outcome: Any = None
    error: BaseException | None = None


def apply_now(*commands: Command) -> tuple[Any, ...]:
    """Apply commands inside the caller's own transaction, for code that is not the engine."""
    unit = Unit(commands)
    with transaction.atomic():
        _apply([unit])
    result: tuple[Any, ...] = unit.outcome
    return result


def apply_once(units: Sequence[Unit], numbering: Numbering, number: int) -> None:
    """Apply a batch in a transaction of its own.

    Where it was committed before and only the answer was lost, its units have their outcomes.
    """
    with transaction.atomic():
        if numbering.note(number):
            _apply(units)


def _apply(units: Sequence[Unit]) -> None:
    admitted = _admit(units)
    ahead: dict[type[Command], list[tuple[Command, Unit | None, int]]] = defaultdict(list)
    for unit in admitted:
        unit.outcome = [None] * len(unit.commands)
        for place, command in enumerate(unit.commands):
            ahead[type(command)].append((command, unit, place))
    while ahead:
        kind = min(ahead, key=_order)
        found = ahead.pop(kind)
        results = kind.apply([command for command, _, _ in found])
        for (_, whose, place), result in zip(found, results, strict=True):
            if whose is not None:
                whose.outcome[place] = result
        for entailed in kind.followed_by(results):
            ahead[type(entailed)].append((entailed, None, 0))
    for unit in admitted:
        unit.outcome = tuple(unit.outcome)


def _order(kind: type[Command]) -> tuple[int, str]:
    return kind.rank, kind.__name__


def _admit(units: Sequence[Unit]) -> list[Unit]:
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
