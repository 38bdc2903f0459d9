"""What a limit, a raise and thresholds must be, and what raises add up to.

Invariant: nothing that is refused here is stored; a refusal says what to do instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from budgets.core.errors import InvalidChange
from budgets.core.money import MAX_NANOUSD, format_usd

MAX_REASON_CHARS = 500
MAX_THRESHOLDS = 20
MAX_PERCENT = 1_000
LONGEST_RAISE = timedelta(days=366)


class ChangeKind(StrEnum):
    """What was done to a budget."""

    CREATED = "created"
    CHANGED = "changed"
    RAISED = "raised"
    RAISE_ENDED = "raise_ended"


@dataclass(frozen=True, slots=True)
class ActiveRaise:
    """More room until `expires_at`."""

    amount_nanousd: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Raised:
    """What raises add now, and until when that holds; None: until somebody changes it."""

    amount_nanousd: int = 0
    until: datetime | None = None


def raised_at(raises: Iterable[ActiveRaise], now: datetime) -> Raised:
    """Add up the raises that have not expired."""
    going = [one for one in raises if one.expires_at > now]
    until = min((one.expires_at for one in going), default=None)
    return Raised(sum(one.amount_nanousd for one in going), until)


def check_limit(limit_nanousd: int, committed_nanousd: int, raised_nanousd: int = 0) -> None:
    """Refuse a limit that what is spent and held does not fit in. Raises: InvalidChange."""
    if not 0 <= limit_nanousd <= MAX_NANOUSD:
        raise InvalidChange({"limit_usd": ["A limit lies between 0 and 1,000,000,000 dollars."]})
    if limit_nanousd + raised_nanousd < committed_nanousd:
        least = format_usd(committed_nanousd - raised_nanousd)
        sentence = (
            f"{format_usd(committed_nanousd)} USD is spent or held by runs under way: set at "
            f"least {least}, or cancel runs first."
        )
        raise InvalidChange({"limit_usd": [sentence]})


def check_raise(
    amount_nanousd: int, reason: str, expires_at: datetime, now: datetime, limit_nanousd: int
) -> None:
    """Refuse a raise without a reason, without an amount, or that ends before it begins.

    Raises: InvalidChange, with every field that is wrong.
    """
    errors: dict[str, list[str]] = {}
    if amount_nanousd <= 0:
        errors["amount_usd"] = ["Give an amount above 0: a lower limit is set on the budget."]
    elif limit_nanousd + amount_nanousd > MAX_NANOUSD:
        errors["amount_usd"] = ["Together with the limit this passes 1,000,000,000 dollars."]
    if not reason.strip():
        errors["reason"] = ["Say why: whoever reads the history later was not there."]
    elif len(reason) > MAX_REASON_CHARS:
        errors["reason"] = [f"At most {MAX_REASON_CHARS} characters."]
    if expires_at <= now:
        errors["expires_at"] = ["This has passed: choose a time that is still to come."]
    elif expires_at > now + LONGEST_RAISE:
        errors["expires_at"] = ["A raise lasts at most a year: for longer, change the limit."]
    if errors:
        raise InvalidChange(errors)


def read_thresholds(values: Sequence[Any], field: str = "thresholds") -> list[int]:
    """Return percentages in order, each once; an empty list tells nobody anything.

    Raises: InvalidChange.
    """
    if len(values) > MAX_THRESHOLDS:
        raise InvalidChange({field: [f"At most {MAX_THRESHOLDS} thresholds."]})
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_PERCENT:
            sentence = f"Write whole percentages from 1 to {MAX_PERCENT}, such as 50, 80, 100."
            raise InvalidChange({field: [sentence]})
    return sorted(set(values))
