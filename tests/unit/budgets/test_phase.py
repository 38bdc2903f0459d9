"""How much of a run's money each phase should take."""

from __future__ import annotations

import pytest

from budgets.core.phase import (
    PHASE_CAP_PERCENT,
    PHASE_RESERVE_PERCENT,
    Phase,
    eats_beyond_reserve,
)

GENERATION = Phase.GENERATION


@pytest.mark.parametrize(
    ("phases", "phase", "amount", "over"),
    [
        # Generation may have 450, and the reserve of 100 on top.
        ({}, GENERATION, 550, False),
        ({}, GENERATION, 551, True),
        ({GENERATION: 500}, GENERATION, 50, False),
        ({GENERATION: 500}, GENERATION, 51, True),
        # Another phase has eaten 60 of the reserve already.
        ({Phase.DECOMPOSITION: 110}, GENERATION, 490, False),
        ({Phase.DECOMPOSITION: 110}, GENERATION, 491, True),
        # A phase within its own cap is never blamed for another's.
        ({Phase.DECOMPOSITION: 400}, GENERATION, 450, False),
        ({Phase.DECOMPOSITION: 151}, Phase.DECOMPOSITION, 0, True),
    ],
)
def test_a_phase_is_over_its_cap_once_the_reserve_is_eaten_too(
    phases: dict[Phase, int], phase: Phase, amount: int, over: bool
) -> None:
    assert eats_beyond_reserve(phases, 1000, phase, amount) is over


def test_the_caps_leave_a_tenth_as_reserve() -> None:
    assert list(PHASE_CAP_PERCENT.values()) == [5, 45, 25, 15]
    assert PHASE_RESERVE_PERCENT == 10
