"""What a month would save where it comes otherwise than is assumed.

Invariant: the case in which everything comes as assumed is one of each table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from runs.core.tuning.costing import Costing

VOLUMES: Final = (0.5, 1.0, 2.0, 4.0)
PRICES: Final = (0.5, 1.0, 1.5, 2.0)
EXAMPLES: Final = (0.5, 1.0, 2.0, 4.0)
UPLIFTS: Final = (0.0, 0.5, 1.0, 1.25)


@dataclass(frozen=True, slots=True)
class Cell:
    """One case of volume and price, each next to what is assumed. `months` None: it never pays."""

    volume: float
    price: float
    saving_nanousd: int
    months: float | None


@dataclass(frozen=True, slots=True)
class LearningCell:
    """One case of how many examples there are, and how much of the expected uplift they bring.

    Both are next to what is assumed. More examples close more of the gap and cost more training.
    `months` None: it never pays.
    """

    examples: float
    uplift: float
    quality: float
    saving_nanousd: int
    months: float | None


def by_volume_and_price(costing: Costing) -> tuple[Cell, ...]:
    """Return the cases of more and fewer tasks, at lower and higher prices of the tuned model."""
    likely, training = costing.likely, costing.training(costing.facts.examples)
    cells = []
    for volume, price in product(VOLUMES, PRICES):
        saving = costing.saving(replace(likely, volume=likely.volume * volume, price=price))
        cells.append(Cell(volume, price, round(saving), months_to_pay(training, saving)))
    return tuple(cells)


def by_examples_and_uplift(costing: Costing) -> tuple[LearningCell, ...]:
    """Return the cases of more and fewer examples, teaching less and more than is expected."""
    cells = []
    for share, uplift in product(EXAMPLES, UPLIFTS):
        examples = round(costing.facts.examples * share)
        quality = costing.quality(min(1.0, uplift * costing.learned(examples)))
        saving = costing.saving(replace(costing.likely, quality=quality))
        months = months_to_pay(costing.training(examples), saving)
        cells.append(LearningCell(share, uplift, quality, round(saving), months))
    return tuple(cells)


def months_to_pay(training_nanousd: int, saving_nanousd: float) -> float | None:
    """Return after how many months the saving has paid for the training; None: never."""
    return training_nanousd / saving_nanousd if saving_nanousd > 0 else None
