"""What calls of the past cost by the prices known today, beside what they were charged.

Invariant: a call whose tokens nobody told, or that has no price, is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reckoned:
    """One call as charged and as it would be. `before_nanousd` None: its cost was unknown.

    `period` are the ends of the budget's period that paid, or of the month; None: it never ends.
    """

    call_id: UUID
    team_id: int
    period: tuple[datetime, datetime | None]
    before_nanousd: int | None
    after_nanousd: int

    @property
    def changes(self) -> bool:
        return self.before_nanousd != self.after_nanousd


@dataclass(slots=True)
class Part:
    """The calls of one team in one period whose cost changes."""

    team_id: int
    period: tuple[datetime, datetime | None]
    calls: int = 0
    before_nanousd: int = 0
    after_nanousd: int = 0

    @property
    def difference_nanousd(self) -> int:
        return self.after_nanousd - self.before_nanousd


def parts_of(reckoned: Iterable[Reckoned]) -> list[Part]:
    """Add up by team and period the calls whose cost changes, the earliest period first."""
    found: dict[tuple[int, datetime, datetime | None], Part] = {}
    for one in reckoned:
        if one.changes:
            part = found.setdefault((one.team_id, *one.period), Part(one.team_id, one.period))
            part.calls += 1
            part.before_nanousd += one.before_nanousd or 0
            part.after_nanousd += one.after_nanousd
    return sorted(found.values(), key=lambda part: (part.period[0], part.team_id))
