"""Everything that can go wrong between asking for a model and reading its answer.

    RoutingError
    +-- ProviderError             the call was made, or tried, and gave no usable reply
    |   +-- TransientError        the same call may work later: one strike
    |   +-- PermanentModelError   the model answers nobody until somebody acts
    |   +-- RequestError          this request can never work there; the model is well
    |       +-- ContextTooLong    a larger window may take it
    |       +-- ContentRefused    the provider will not answer it
    +-- NoCandidate               no model was left to call
    |   +-- PolicyDenied          policies left none, and only another policy could help
    +-- InsufficientBudget        money stands in the way, and waiting does not help
    +-- DeadlinePassed            the time that was set for the work is over

Invariant: an error's class says what to do next; nobody reads its message to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from routing.core.request import Usage


class RoutingError(Exception):
    """Stand for any failure to get a reply from a model."""


class ProviderError(RoutingError):
    """Tell that a provider gave no usable reply.

    `status` is the HTTP status, None where no answer came. `possibly_billed` False only
    where it is sure that the provider charges nothing. `retry_after_seconds` is what the
    provider asked for, None where it asked for nothing. `usage` is what a useless reply used,
    None where that is unknown.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None,
        possibly_billed: bool,
        retry_after_seconds: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.possibly_billed = possibly_billed
        self.retry_after_seconds = retry_after_seconds
        self.usage = usage


class TransientError(ProviderError):
    """Tell that the same call may work a little later."""


class PermanentModelError(ProviderError):
    """Tell that the model is gone, or closed to us, until somebody acts."""


class RequestError(ProviderError):
    """Tell that this request is wrong for this model, which itself is well."""


class ContextTooLong(RequestError):
    """Tell that the request does not fit into the model's window."""


class ContentRefused(RequestError):
    """Tell that the provider declined to answer."""


class NoCandidate(RoutingError):
    """Tell that no model was left to call.

    `removed` says which model was removed by what (`routing.core.choice.Removal`);
    `retry_at` is when the first of them may be back, None if waiting does not help.
    """

    def __init__(self, removed: Sequence[Any], retry_at: datetime | None) -> None:
        super().__init__(f"no model can take this call ({len(removed)} removed)")
        self.removed = tuple(removed)
        self.retry_at = retry_at


class PolicyDenied(NoCandidate):
    """Tell that policies left no model; `policy` and `version` name the one that removed most."""

    def __init__(
        self, removed: Sequence[Any], reason: str, policy: str, version: int | None
    ) -> None:
        super().__init__(removed, None)
        self.args = (reason,)
        self.policy = policy
        self.version = version


class InsufficientBudget(RoutingError):
    """Tell that no model could be called for the money that is left.

    `refusal` is what the refusing scope said (`budgets.core.ledger.Refused`).
    """

    def __init__(self, refusal: Any) -> None:
        super().__init__(f"the {getattr(refusal, 'scope', 'run')} budget has no room for this call")
        self.refusal = refusal


class DeadlinePassed(RoutingError):
    """Tell that the time limit ended before the call was made."""
