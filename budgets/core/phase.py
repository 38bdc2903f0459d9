"""The parts of a run, and how much of its money each should take.

Invariant: caps are soft. Passing one is told, and never stops a run that still has money.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Phase(StrEnum):
    """The part of a run that a call belongs to."""

    DECOMPOSITION = "decomposition"
    GENERATION = "generation"
    CROSS_REVIEW = "cross_review"
    EVALUATION = "evaluation"


# Shares of a run's budget in hundredths; what is left of 100 is the reserve for all of them.
PHASE_CAP_PERCENT: Mapping[Phase, int] = MappingProxyType(
    {
        Phase.DECOMPOSITION: 5,
        Phase.GENERATION: 45,
        Phase.CROSS_REVIEW: 25,
        Phase.EVALUATION: 15,
    }
)
PHASE_RESERVE_PERCENT = 100 - sum(PHASE_CAP_PERCENT.values())


def eats_beyond_reserve(
    spent: Mapping[Phase, int], budget_nanousd: int, phase: Phase, amount_nanousd: int
) -> bool:
    """Tell whether this amount takes a phase over its cap by more than the reserve covers.

    The reserve is one for all phases: what others are over their caps has eaten of it too.
    """
    overdraft = {
        each: 100 * (spent.get(each, 0) + (amount_nanousd if each is phase else 0))
        - percent * budget_nanousd
        for each, percent in PHASE_CAP_PERCENT.items()
    }
    used = sum(max(0, over) for over in overdraft.values())
    return overdraft[phase] > 0 and used > PHASE_RESERVE_PERCENT * budget_nanousd
