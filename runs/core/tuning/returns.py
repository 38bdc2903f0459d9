"""What a tuned model did bring, month by month, against what was estimated.

Invariant: months add up: what is left to earn is the training's cost less all savings so far.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from runs.core.tuning.interval import Range


@dataclass(frozen=True, slots=True)
class Month:
    """What tasks that the tuned model finished in a month cost in all, and how good they were.

    `month` is its first day. `quality_mean` None: nothing could be judged.
    """

    month: date
    tasks: int
    spent_nanousd: int
    quality_mean: float | None


@dataclass(frozen=True, slots=True)
class Return:
    """A month's saving with its interval, and what is then left of the training's cost.

    `left_nanousd` negative: it has paid for itself by that much.
    """

    month: Month
    expected_nanousd: int
    saving: Range
    left_nanousd: int

    @property
    def has_paid(self) -> bool:
        return self.left_nanousd <= 0


def saved(month: Month, present: Range, hosting_nanousd: int) -> tuple[int, Range]:
    """Return what the same tasks would have cost before, and what was saved.

    `present` is what a task cost before, in nano-dollars, with its interval.
    """
    paid = month.spent_nanousd + hosting_nanousd
    low, value, high = (
        month.tasks * one - paid for one in (present.low, present.value, present.high)
    )
    return round(month.tasks * present.value), Range(value, low, high)


def returns(
    months: Iterable[Month], present: Range, *, training_nanousd: int, hosting_nanousd: int
) -> list[Return]:
    """Return what each month brought, in their order."""
    left = training_nanousd
    found = []
    for month in months:
        expected, saving = saved(month, present, hosting_nanousd)
        left -= round(saving.value)
        found.append(Return(month, expected, saving, left))
    return found


def months_between(first: date, last: date) -> list[date]:
    """Return the first day of each month from one day's to another's."""
    months = [first.replace(day=1)]
    while (after := (months[-1] + timedelta(days=32)).replace(day=1)) <= last:
        months.append(after)
    return months
