"""What correcting the cost of a settled call does to its hold.

Invariant: only a closed hold is corrected, so that what a run may still spend never changes
under it; what was set aside and given back stays as it was.
"""

from __future__ import annotations

from dataclasses import replace

from budgets.core.charge import ReservationState
from budgets.core.ledger import HoldState
from budgets.core.phase import Phase


def correction_of(
    hold: HoldState, state: ReservationState, before_nanousd: int | None, after_nanousd: int
) -> int | None:
    """Return how much more a call is to be charged, less if negative; None: it stays as it is.

    `before_nanousd` None: its cost was unknown. A call that was not settled for what it cost, but
    in full, since nobody knows what was billed, is for a person to look at.
    """
    if not hold.closed or state is not ReservationState.SETTLED or before_nanousd == after_nanousd:
        return None
    return after_nanousd - (before_nanousd or 0)


def corrected(hold: HoldState, phase: Phase, amount_nanousd: int) -> HoldState:
    """Return the hold with so much more, or less, spent in a phase."""
    return replace(
        hold,
        spent_nanousd=hold.spent_nanousd + amount_nanousd,
        phases={**hold.phases, phase: hold.phases.get(phase, 0) + amount_nanousd},
    )
