"""Every way in which budgets says no.

BudgetsError
├── InvalidAmount          the text is no amount of money
├── BudgetExceeded         a limit leaves no room for a hold
├── InvalidChange          a budget, raise, key or channel as it must not be
├── InvalidKey             an API key opens nothing
│   └── KeyOfArchivedTeam  as long as its team takes no runs
├── UnknownHold            a command names a hold that does not exist
├── UnknownReservation     a command names a reservation that does not exist
├── UnknownTeam            a name that stands for no team, or for several
├── InvalidScope           a scope that does not exist
├── NotAdmitted            single sign-on opens nothing to somebody
└── IdempotencyError
    ├── KeyReused          the same Idempotency-Key came with another request
    └── InFlight           the first request with that key has not ended yet
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


class BudgetsError(Exception):
    """Catch everything this app raises on purpose."""


class InvalidAmount(BudgetsError, ValueError):
    """Reject a text that is no amount of money."""


@dataclass(eq=False)
class BudgetExceeded(BudgetsError):
    """Say which limit refused, with everything a person needs to act.

    `resets_at` is None where the budget never starts afresh.
    `who_can_raise` names people, or roles where nobody holds them.
    """

    scope: Literal["org", "team"]
    budget_id: int
    limit_nanousd: int
    spent_nanousd: int
    held_nanousd: int
    requested_nanousd: int
    resets_at: datetime | None
    who_can_raise: tuple[str, ...]

    def __str__(self) -> str:
        return f"the {self.scope} budget {self.budget_id} leaves no room for this amount"


class InvalidChange(BudgetsError):
    """Refuse a change, by field: sentences that say what to do instead."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(messages[0] for messages in errors.values()))
        self.errors = errors


class InvalidKey(BudgetsError):
    """Refuse an API key without telling why: unknown, revoked and expired look the same."""


class KeyOfArchivedTeam(InvalidKey):
    """Refuse a key whose team is archived: whoever holds the key itself may be told."""

    def __init__(self, team: str) -> None:
        super().__init__(
            f"The team {team} of this API key is archived: an owner or admin can restore it at "
            "Settings, Teams."
        )


class UnknownHold(BudgetsError):
    """Report a command for a hold that does not exist: a bug of the caller."""


class UnknownReservation(BudgetsError):
    """Report a command for a reservation that does not exist: a bug of the caller."""


class UnknownTeam(BudgetsError):
    """Report a name that stands for no team, or for several."""


class NotAdmitted(BudgetsError):
    """Tell somebody, in a sentence, why single sign-on opens nothing to them."""


class InvalidScope(BudgetsError, ValueError):
    """Report a scope that does not exist."""


class IdempotencyError(BudgetsError):
    """Catch both refusals of an Idempotency-Key."""


class KeyReused(IdempotencyError):
    """Refuse a key that came before with another request (422)."""


class InFlight(IdempotencyError):
    """Refuse a key whose first request has not ended yet (409)."""
