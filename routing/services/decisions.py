"""The journal command that records a decision, with all that it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, Self
from uuid import UUID

from routing.core.candidates import Removal
from routing.models import Decision
from routing.models.decision import Kind, Outcome
from telemetry.services.journal import Command


class OnBehalf(Protocol):
    """For whom a decision was made."""

    @property
    def org_id(self) -> int: ...
    @property
    def team_id(self) -> int: ...
    @property
    def run_id(self) -> UUID: ...
    @property
    def task_key(self) -> str: ...


@dataclass(frozen=True)
class RecordDecision(Command):
    """One decision; its id may be given out before it is written."""

    rank: ClassVar[int] = 30
    decision: Decision

    @classmethod
    def denied(
        cls,
        context: OnBehalf,
        *,
        phase: str,
        removed: Sequence[Removal],
        reason: str,
        at: datetime,
        kind: str = Kind.ROUTE,
    ) -> Self:
        """Return the record of a call that was not made, with what removed each model."""
        return cls(
            Decision(
                at=at,
                org_id=context.org_id,
                team_id=context.team_id,
                run_id=context.run_id,
                task_key=context.task_key,
                phase=phase,
                kind=kind,
                outcome=Outcome.DENY,
                candidates={"removed": [removal.as_json() for removal in removed]},
                reason=reason,
            )
        )

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        Decision.objects.bulk_create([command.decision for command in commands])
        return [None] * len(commands)
