"""What an attempt starts from, and what it has come to so far."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime

from routing.core.cascade import Check, Escalation
from routing.core.steering import Steered
from routing.services.gateway import Completion
from runs.core.attempts import AttemptKind
from runs.core.feedback import feedback_from
from runs.core.prompts import Assignment, Feedback
from runs.core.tasks import ValidatorSpec
from runs.engine.judging import Judgement
from runs.validators import ValidatorResult


@dataclass(frozen=True)
class Brief:
    """Everything an attempt needs to know of its task."""

    key: str
    task_type: str
    prompt: str
    criteria: str
    threshold: float
    validators: tuple[ValidatorSpec, ...]
    context: tuple[tuple[str, str], ...]  # (key, output) of each dependency

    @property
    def assignment(self) -> Assignment:
        return Assignment(self.task_type, self.prompt, self.criteria)


@dataclass
class Draft:
    """An attempt in the making, and what it came to."""

    number: int
    kind: AttemptKind
    started_at: datetime
    model: str = ""
    provider: str = ""
    reasoning: bool = False
    output: str = ""
    critique: str = ""
    reviewer: str = ""
    score: float | None = None
    judgements: list[Judgement] = field(default_factory=list)
    validators: list[ValidatorResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: list[Completion] = field(default_factory=list)
    steered: Steered | None = None  # by a recommendation that had a say in the author
    escalate_to: str = ""  # the model to go to, if this falls short

    @property
    def validators_passed(self) -> bool | None:
        """None: none failed, but one could not run, which is never a pass."""
        statuses = {result.status for result in self.validators}
        if "FAILED" in statuses:
            return False
        return None if "UNAVAILABLE" in statuses else True

    @property
    def failed_validators(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.validators if one.status == "FAILED")

    @property
    def cost_nanousd(self) -> int:
        return sum(done.call.cost_nanousd or 0 for done in self.calls)

    def is_accepted(self, threshold: float) -> bool:
        """Tell whether it reached what was asked of it."""
        reached = self.score is not None and self.score >= threshold
        return reached and self.validators_passed is True

    @property
    def feedback(self) -> Feedback:
        """Return what the next attempt should know of this one."""
        return feedback_from(
            output=self.output,
            critique=self.critique,
            validators=[asdict(one) for one in self.validators],
            judgements=[asdict(one) for one in self.judgements],
            notes=self.notes,
        )


@dataclass(frozen=True)
class Plan:
    """How this attempt differs from others: its kind, what it learns from, whom it may ask.

    `check`: what will check the output, so that a cheaper model may go first. `escalation`: why
    `go_on_with` is the better model of a cascade.
    """

    number: int
    kind: AttemptKind
    feedback: Feedback | None = None
    go_on_with: str | None = None
    exclude_models: frozenset[str] = frozenset()
    check: Check | None = None
    escalation: Escalation | None = None
