"""What a policy is: where it holds, how strictly, and what it asks of a model.

Invariant: a policy only ever forbids or watches; the one thing it can permit, an unknown price,
any other policy can still forbid.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from uuid import UUID


class Mode(StrEnum):
    """What a violation leads to; it belongs to the constraint that was violated."""

    HARD = "HARD"
    SOFT = "SOFT"
    MONITOR = "MONITOR"


class Scope(StrEnum):
    """Where a policy holds."""

    ORG = "org"
    TEAM = "team"
    RUN = "run"
    TASK_TYPE = "task_type"


class Constraint(StrEnum):
    """What a model can violate."""

    PROVIDER = "provider"
    MODEL = "model"
    REGION = "region"
    TAGS = "tags"
    UNKNOWN_PRICE = "unknown price"
    COST_PER_CALL = "cost per call"
    COST_PER_TASK = "cost per task"
    LATENCY = "p95 latency"
    QUALITY = "quality"


# These depend on the call and on what was learned: SOFT gives way where nobody complies.
MEASURED = frozenset(
    {
        Constraint.COST_PER_CALL,
        Constraint.COST_PER_TASK,
        Constraint.LATENCY,
        Constraint.QUALITY,
    }
)


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold the constraints of one policy; None and an empty set ask nothing.

    `unknown_price`: whether a model without a known price may be used; None says nothing.
    """

    allowed_providers: frozenset[str] | None = None
    blocked_providers: frozenset[str] = frozenset()
    allowed_models: frozenset[str] | None = None
    blocked_models: frozenset[str] = frozenset()
    regions: frozenset[str] | None = None
    required_tags: frozenset[str] = frozenset()
    max_cost_per_call_nanousd: int | None = None
    max_cost_per_task_nanousd: int | None = None
    max_p95_latency_ms: int | None = None
    min_quality: float | None = None
    max_requests_per_minute: int | None = None
    max_tokens_per_minute: int | None = None
    unknown_price: bool | None = None

    @property
    def measured(self) -> bool:
        """Tell whether anything depends on the call or on what was learned."""
        return any(
            limit is not None
            for limit in (
                self.max_cost_per_call_nanousd,
                self.max_cost_per_task_nanousd,
                self.max_p95_latency_ms,
                self.min_quality,
            )
        )

    @property
    def empty(self) -> bool:
        """Tell whether nothing is asked at all."""
        return all(getattr(self, field.name) == field.default for field in fields(self))


@dataclass(frozen=True, slots=True)
class Place:
    """Name the call that is to be judged."""

    team_id: int | None
    run_id: UUID | None
    task_type: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Hold one version of a policy.

    `team_id`, `run_id` and `task_type` narrow where it holds; None and empty narrow nothing.
    """

    name: str
    version: int
    mode: Mode
    rules: Rules
    scope: Scope = Scope.ORG
    team_id: int | None = None
    run_id: UUID | None = None
    task_type: str = ""

    @property
    def label(self) -> str:
        """Return how the policy is named to people."""
        return f"{self.name} v{self.version}"

    @property
    def enforced(self) -> bool:
        """Tell whether it can remove a model."""
        return self.mode is not Mode.MONITOR

    def applies(self, place: Place) -> bool:
        """Tell whether the call lies in the policy's scope."""
        return (
            self.team_id in (None, place.team_id)
            and self.run_id in (None, place.run_id)
            and self.task_type in ("", place.task_type)
        )

    def overlaps(self, other: Policy) -> bool:
        """Tell whether some call can lie in the scopes of both."""
        return (
            (self.team_id is None or other.team_id in (None, self.team_id))
            and (self.run_id is None or other.run_id in (None, self.run_id))
            and (not self.task_type or other.task_type in ("", self.task_type))
        )
