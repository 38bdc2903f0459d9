"""Journal commands for what happened: calls with their bodies, scores, and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from telemetry.models import Call, CallBody, Event, Score
from telemetry.services import rollups
from telemetry.services.journal import Command


@dataclass(frozen=True)
class RecordCall(Command):
    """One settled call, with what was said where that is to be kept; rollups count it.

    Nearly last, since all workers add to the same few rows of the hour: the shorter they are
    locked, the better.
    """

    rank: ClassVar[int] = 85
    call: Call
    messages: tuple[dict[str, str], ...] = ()
    output: str = ""

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        Call.objects.bulk_create(command.call for command in commands)
        CallBody.objects.bulk_create(
            CallBody(call=command.call, messages=command.messages, output=command.output)
            for command in commands
            if command.messages
        )
        rollups.add_calls(command.call for command in commands)
        return [None] * len(commands)


@dataclass(frozen=True)
class RecordScore(Command):
    """What one attempt at a task was worth; rollups count it."""

    rank: ClassVar[int] = 86
    score: Score

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        for command in commands:
            command.score.pk = None  # a rolled-back batch may have given it one
        Score.objects.bulk_create(command.score for command in commands)
        rollups.add_scores(command.score for command in commands)
        return [None] * len(commands)


@dataclass(frozen=True)
class RecordEvent(Command):
    """One change, for whoever watches. `org_id` None: of the whole house."""

    rank: ClassVar[int] = 90
    type: str
    at: datetime
    org_id: int | None = None
    team_id: int | None = None
    run_id: UUID | None = None
    payload: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        Event.objects.bulk_create(
            Event(
                type=command.type,
                at=command.at,
                org_id=command.org_id,
                team_id=command.team_id,
                run_id=command.run_id,
                payload=command.payload,
            )
            for command in commands
        )
        return [None] * len(commands)
