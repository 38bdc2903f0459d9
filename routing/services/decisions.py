"""The journal command that records a decision, with all that it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, Self
from uuid import UUID

from routing.core.errors import NoCandidate, PolicyDenied
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

    # Late: its chain's head is a row that every worker of the organisation waits for.
    rank: ClassVar[int] = 85
    decision: Decision

    @classmethod
    def denied(
        cls,
        context: OnBehalf,
        *,
        phase: str,
        error: NoCandidate,
        reason: str,
        at: datetime,
    ) -> Self:
        """Return the record of a call that was not made, with what removed each model.

        Where policies left none, it is their denial, and says so instead of `reason`.
        """
        by_policy = isinstance(error, PolicyDenied)
        return cls(
            Decision(
                at=at,
                org_id=context.org_id,
                team_id=context.team_id,
                run_id=context.run_id,
                task_key=context.task_key,
                phase=phase,
                kind=Kind.POLICY if by_policy else Kind.ROUTE,
                outcome=Outcome.DENY,
                policy=error.policy if isinstance(error, PolicyDenied) else "",
                version=error.version if isinstance(error, PolicyDenied) else None,
                candidates={"removed": [removal.as_json() for removal in error.removed]},
                reason=(str(error) if by_policy else reason)[:500],
            )
        )

    @classmethod
    def apply(cls, commands: Sequence[Self]) -> Sequence[None]:
        Decision.objects.bulk_create([command.decision for command in commands])
        return [None] * len(commands)
