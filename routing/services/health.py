"""Journal commands that move breakers; all workers share them through the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db.models import Q

from routing.core.breaker import CLOSED, HEALTHY, OK, BreakerState, observe, take_probe
from routing.models import Breaker
from routing.services.breaker_log import BY_ITSELF, MAX_REASON, audit_line, event_of
from routing.services.decisions import RecordDecision
from telemetry.services.bulk import update_rows
from telemetry.services.journal import Command
from telemetry.services.recording import RecordEvent

STATE_FIELDS = tuple(field.name for field in fields(BreakerState))


@dataclass(frozen=True)
class ObserveOutcome(Command):
    """What a call said of its model's health: ok, transient, permanent or inconclusive.

    The result is the breaker's new state if this outcome changed it, else None.
    """

    rank: ClassVar[int] = 50
    model: str
    outcome: str
    reason: str
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[BreakerState | None]:
        shelf = _Shelf(_rows_to_move(commands))
        changes = []
        for one in commands:
            new = observe(shelf[one.model], one.outcome, one.reason, one.at)
            changes.append(shelf.move(one.model, new, one.at))
        shelf.save()
        return changes


@dataclass(frozen=True)
class TakeProbe(Command):
    """Ask to be the one call that a breaker lets through; the result says whether it may go.

    A breaker that has closed meanwhile lets everybody through.
    """

    rank: ClassVar[int] = 50
    model: str
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[bool]:
        shelf = _Shelf(_locked(Q(model__in={command.model for command in commands})))
        answers = []
        for command in commands:
            taken = take_probe(shelf[command.model], command.at)
            answers.append(taken is not None or shelf[command.model].state == CLOSED)
            if taken is not None:
                shelf.move(command.model, taken, command.at)
        shelf.save()
        return answers


@dataclass(frozen=True)
class ClearBreaker(Command):
    """Close a breaker on an operator's word; the result says whether it was not closed."""

    rank: ClassVar[int] = 50
    model: str
    actor: str
    at: datetime

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[bool]:
        shelf = _Shelf(_locked(Q(model__in={command.model for command in commands})))
        answers = [
            shelf.move(one.model, HEALTHY, one.at, cleared_by=one.actor) is not None
            for one in commands
        ]
        shelf.save()
        return answers


class _Shelf:
    """Breakers locked for one batch: moved in memory, written once.

    Each change of state is an event and a line of the house's audit log.
    """

    def __init__(self, rows: Iterable[Breaker]) -> None:
        self._rows = {row.model: row for row in rows}
        self._now = {name: state_of(row) for name, row in self._rows.items()}
        self._moved: dict[str, datetime] = {}
        self._events: list[RecordEvent] = []
        self._audit: list[RecordDecision] = []

    def __getitem__(self, model: str) -> BreakerState:
        return self._now.get(model, HEALTHY)

    def move(
        self, model: str, new: BreakerState, at: datetime, *, cleared_by: str = ""
    ) -> BreakerState | None:
        """Set a breaker's state; return it if it is another state than before."""
        old = self[model]
        if new == old:
            return None
        self._now[model] = new
        self._moved[model] = at
        if (new.state, new.permanent) == (old.state, old.permanent):
            return None
        reason = f"cleared by {cleared_by}" if cleared_by else new.reason
        self._events.append(event_of(model, old, new, at, reason))
        self._audit.append(audit_line(model, old, new, at, cleared_by or BY_ITSELF))
        return new

    def save(self) -> None:
        """Write what was moved, with its events and audit lines."""
        update_rows(
            Breaker,
            (*STATE_FIELDS, "updated_at"),
            [
                (*_values(self._now[model]), at, self._rows[model].pk)
                for model, at in self._moved.items()
            ],
        )
        if self._events:
            RecordEvent.apply(self._events)
            RecordDecision.apply(self._audit)


def state_of(row: Breaker) -> BreakerState:
    """Return the state that a row holds."""
    return BreakerState(**{name: getattr(row, name) for name in STATE_FIELDS})


def _rows_to_move(commands: Sequence[ObserveOutcome]) -> list[Breaker]:
    """Lock the breakers that these outcomes may move.

    Nearly all outcomes are successes of healthy models: those find no row, and lock none.
    """
    struck = {command.model for command in commands if command.outcome != OK}
    well = {command.model for command in commands} - struck
    unsettled = Q(model__in=well) & (Q(strikes__gt=0) | ~Q(state=CLOSED))
    rows = _locked(Q(model__in=struck) | unsettled)
    missing = struck - {row.model for row in rows}
    if not missing:
        return rows
    at = commands[0].at
    Breaker.objects.bulk_create(
        [Breaker(model=model, updated_at=at) for model in sorted(missing)], ignore_conflicts=True
    )
    return _locked(Q(model__in=struck) | unsettled)


def _locked(which: Q) -> list[Breaker]:
    return list(Breaker.objects.select_for_update().filter(which).order_by("model"))


def _values(state: BreakerState) -> list[Any]:
    values = asdict(state) | {"reason": state.reason[:MAX_REASON]}
    return [values[name] for name in STATE_FIELDS]
