"""Which of several dated prices of a model holds at a moment.

Invariant: a price of the organisation counts before one of the house, whenever each began; of
two of the same, the one that began later; of those that began together, the one entered last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from routing.core.pricing import Prices


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """Hold the prices of a model over some time. `ends_at` is excluded; None: until another."""

    prices: Prices
    starts_at: datetime
    ends_at: datetime | None
    of_org: bool
    entered: int

    def holds(self, at: datetime) -> bool:
        """Tell whether the moment lies in its time."""
        return self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


def price_at(dated: Iterable[DatedPrice], at: datetime) -> DatedPrice | None:
    """Return the price that holds at a moment; None: none of these does."""
    holding = (one for one in dated if one.holds(at))
    return max(holding, key=lambda one: (one.of_org, one.starts_at, one.entered), default=None)


def next_change(dated: Iterable[DatedPrice], after: datetime) -> datetime | None:
    """Return the first moment after this one at which any price begins or ends."""
    return min((one for one in changes(dated) if one > after), default=None)


def changes(dated: Iterable[DatedPrice]) -> Sequence[datetime]:
    """Return the moments at which any price begins or ends, in order."""
    found = {edge for one in dated for edge in (one.starts_at, one.ends_at) if edge is not None}
    return sorted(found)
