"""Journal commands for what happened: calls with their bodies, and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from telemetry.models import Call, CallBody, Event
from telemetry.services.journal import Command


@dataclass(frozen=True)
class RecordCall(Command):
    """One settled call, with what was said where that is to be kept."""

    rank: ClassVar[int] = 20
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
