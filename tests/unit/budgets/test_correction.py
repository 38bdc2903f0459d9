"""What correcting a cost does to a closed hold, and when nothing is corrected."""

from __future__ import annotations

import pytest

from budgets.core.charge import ReservationState
from budgets.core.correction import corrected, correction_of
from budgets.core.ledger import HoldState
from budgets.core.phase import Phase

CLOSED = HoldState(100, 100, 60, phases={Phase.GENERATION: 60}, closed=True)
GOING = HoldState(100, 100, 60)
SETTLED, IN_FULL = ReservationState.SETTLED, ReservationState.UNCONFIRMED

CASES = [
    (CLOSED, SETTLED, 30, 50, 20),
    (CLOSED, SETTLED, 30, 10, -20),
    (CLOSED, SETTLED, None, 10, 10),
    (CLOSED, SETTLED, None, 0, 0),
    (CLOSED, SETTLED, 30, 30, None),
    (CLOSED, IN_FULL, 30, 50, None),
    (CLOSED, ReservationState.RELEASED, 0, 50, None),
    (GOING, SETTLED, 30, 50, None),
]


@pytest.mark.parametrize(("hold", "state", "before", "after", "amount"), CASES)
def test_only_settled_calls_of_closed_holds_are_corrected(
    hold: HoldState, state: ReservationState, before: int | None, after: int, amount: int | None
) -> None:
    assert correction_of(hold, state, before, after) == amount


def test_a_correction_moves_what_is_spent_and_nothing_else() -> None:
    after = corrected(CLOSED, Phase.EVALUATION, -5)
    assert (after.spent_nanousd, after.amount_nanousd, after.reserved_nanousd) == (55, 100, 0)
    assert after.phases == {Phase.GENERATION: 60, Phase.EVALUATION: -5}
