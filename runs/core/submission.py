"""What is asked for when a run is submitted, and how much may be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

from runs.core.rules import LIMITS

MAX_TIME_LIMIT_SECONDS: Final = 7 * 24 * 3600
MAX_PARALLEL_TASKS: Final = 64
MAX_LABELS: Final = 32
MAX_LABEL_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Submission:
    """A run that somebody wants.

    `team` "": the caller's only one. `budget_nanousd` None: the org's default. `resume`: go on
    with a run of the same text if there is one, never do, or go on with this one.
    `allowed_models` None: every model the caller may use. `tasks` None: the engine plans.
    """

    project: str
    success_criteria: str = ""
    team: str = ""
    budget_nanousd: int | None = None
    time_limit_seconds: int = 3600
    resume: Literal["auto", "never"] | UUID = "auto"
    priority: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    webhook_url: str = ""
    max_parallel_tasks: int = LIMITS.max_parallel_tasks
    allowed_models: Sequence[str] | None = None
    preference: str = "balanced"
    cache: str = "auto"
    tasks: Sequence[Mapping[str, Any]] | None = None
