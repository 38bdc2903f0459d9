"""Why a request about a run is refused, besides what the budgets and routing apps refuse.

RefusalError
├── NotVisible            not there, or not the caller's to see
├── InvalidSubmission     fields that cannot be accepted, each with its reasons
├── NotResumable          the run has ended for good, or has not ended
├── TeamArchived          the team takes no runs
├── AlreadyEnded          too late to cancel
├── RunBudgetSpent        going on needs a larger budget of the run itself
├── NothingToJudge        feedback on a task without an output
└── ModelsNotAllowed      the caller asks for models that it may not use
    ├── DeniedByPolicy    policies leave no model for some step
    └── NoCommonModel     whoever resumes a run may use none of its models
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID


class RefusalError(Exception):
    """Catch every refusal made here; `str()` is a sentence for the caller."""


class NotVisible(RefusalError):
    """Tell that something is not there, as it is for whoever may not see it."""


class InvalidSubmission(RefusalError):
    """Name the fields that were refused, each with its reasons."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(why)}" for field, why in errors.items()))
        self.errors = {field: list(why) for field, why in errors.items()}


class NotResumable(RefusalError):
    def __init__(self, status: str) -> None:
        super().__init__(f"A run that is {status} cannot be resumed.")
        self.status = status


class TeamArchived(RefusalError):
    def __init__(self, team: str) -> None:
        super().__init__(
            f"The team {team} is archived and takes no runs: an owner or admin can restore it at "
            "Settings, Teams."
        )


class AlreadyEnded(RefusalError):
    def __init__(self, status: str) -> None:
        super().__init__(f"The run has ended already: {status}.")
        self.status = status


class RunBudgetSpent(RefusalError):
    """`requested_nanousd` is the whole budget that was asked for."""

    def __init__(self, *, limit_nanousd: int, spent_nanousd: int, requested_nanousd: int) -> None:
        super().__init__("The run has used its budget: give it a larger one with budget_usd.")
        self.limit_nanousd = limit_nanousd
        self.spent_nanousd = spent_nanousd
        self.requested_nanousd = requested_nanousd


class NothingToJudge(RefusalError):
    def __init__(self, status: str) -> None:
        super().__init__(f"The task has no output yet: it is {status}.")
        self.status = status


class ModelsNotAllowed(RefusalError):
    """`policy` names the list that leaves the models out, `decision_id` the record of it."""

    version: int | None = None

    def __init__(self, models: Sequence[str], policy: str, reason: str, decision_id: UUID) -> None:
        super().__init__(f"Not allowed: {reason}.")
        self.models = tuple(models)
        self.policy = policy
        self.reason = reason
        self.decision_id = decision_id


class DeniedByPolicy(ModelsNotAllowed):
    """`models` are those that policies removed; `policy` is the one that removed most.

    `step` is what cannot be carried out (`runs.services.forecast.Step`).
    """

    def __init__(
        self, models: Sequence[str], policy: str, version: int | None, reason: str,
        decision_id: UUID, step: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(models, policy, reason, decision_id)
        self.version = version
        self.step = step


class NoCommonModel(ModelsNotAllowed):
    """`models` are those of `run` that `policy` leaves out."""

    def __init__(
        self, models: Sequence[str], policy: str, reason: str, decision_id: UUID, run: Any
    ) -> None:
        super().__init__(models, policy, reason, decision_id)
        self.run = run
