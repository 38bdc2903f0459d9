"""Why a request about a run is refused, besides what the budgets and routing apps refuse.

RefusalError
├── InvalidSubmission     fields that cannot be accepted, each with its reasons
├── NotResumable          the run has ended for good, or has not ended
├── AlreadyEnded          too late to cancel
├── RunBudgetSpent        going on needs a larger budget of the run itself
└── ModelsNotAllowed      the caller asks for models that it may not use
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class RefusalError(Exception):
    """Catch every refusal made here; `str()` is a sentence for the caller."""


class InvalidSubmission(RefusalError):
    """Name the fields that were refused, each with its reasons."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(why)}" for field, why in errors.items()))
        self.errors = {field: list(why) for field, why in errors.items()}


class NotResumable(RefusalError):
    def __init__(self, status: str) -> None:
        super().__init__(f"A run that is {status} cannot be resumed.")
        self.status = status


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


class ModelsNotAllowed(RefusalError):
    """`policy` names the list that leaves the models out."""

    def __init__(self, models: Sequence[str], policy: str) -> None:
        super().__init__(f"Not allowed by {policy}: {', '.join(models)}.")
        self.models = tuple(models)
        self.policy = policy
