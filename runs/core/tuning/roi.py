"""What a model tuned for one kind of task would cost, save and be worth, and how sure that is.

Invariant: an estimate without an interval and the number it rests on does not exist, and too few
examples give none at all. Money is whole nano-dollars.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import Any, Final

from runs.core.tuning.assumptions import Assumptions, BaseModel
from runs.core.tuning.costing import DAYS_A_MONTH, Costing
from runs.core.tuning.facts import Facts, missing_examples
from runs.core.tuning.interval import Range, range_json
from runs.core.tuning.sensitivity import (
    Cell,
    LearningCell,
    by_examples_and_uplift,
    by_volume_and_price,
    months_to_pay,
)

# Beyond this a break-even date is no plan.
FARTHEST_MONTHS: Final = 36.0
TABLES: Final = ("sensitivity", "learning")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What tuning would bring. `n` tasks and `examples` examples are what it rests on.

    `break_even` None: at these figures it never pays, or later than in FARTHEST_MONTHS. Of its
    interval, `earliest` and `latest` may be None for the same reason.
    """

    n: int
    examples: int
    tasks_a_month: Range
    training_nanousd: int
    present_nanousd: Range  # a task
    tuned_nanousd: Range
    saving_nanousd: Range  # a month
    quality_before: Range
    quality_after: Range
    break_even: date | None
    earliest: date | None
    latest: date | None
    sensitivity: tuple[Cell, ...]
    learning: tuple[LearningCell, ...]


def estimate(
    facts: Facts, base: BaseModel, assumptions: Assumptions, today: date
) -> Estimate | None:
    """Return what tuning this base model would bring; None: too few examples, or no task."""
    if missing_examples(facts, assumptions) or facts.tasks == 0:
        return None
    costing = Costing(facts, base, assumptions)
    saving = costing.range(costing.saving)
    training = costing.training(facts.examples)
    return Estimate(
        n=facts.sampled,
        examples=facts.examples,
        tasks_a_month=costing.range(lambda case: case.volume),
        training_nanousd=training,
        present_nanousd=costing.range(costing.present),
        tuned_nanousd=costing.range(costing.tuned),
        saving_nanousd=saving,
        quality_before=costing.quality_before(),
        quality_after=costing.range(lambda case: case.quality),
        break_even=_date(today, training, saving.value),
        earliest=_date(today, training, saving.high),
        latest=_date(today, training, saving.low),
        sensitivity=by_volume_and_price(costing),
        learning=by_examples_and_uplift(costing),
    )


def as_json(made: Estimate) -> dict[str, Any]:
    """Return an estimate as plain data: a range as three figures, such as `saving_low_nanousd`."""
    plain: dict[str, Any] = {}
    for one in fields(made):
        value = getattr(made, one.name)
        if isinstance(value, Range):
            plain |= range_json(one.name, value)
        elif isinstance(value, date):
            plain[one.name] = value.isoformat()
        elif one.name in TABLES:
            plain[one.name] = [asdict(cell) for cell in value]
        else:
            plain[one.name] = value
    return plain


def _date(today: date, training: int, saving: float) -> date | None:
    months = months_to_pay(training, saving)
    if months is None or months > FARTHEST_MONTHS:
        return None
    return today + timedelta(days=math.ceil(months * DAYS_A_MONTH))
