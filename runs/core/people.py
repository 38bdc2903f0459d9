"""How much people's verdicts on one task weigh as evidence of quality.

Invariant: all verdicts on one task together weigh less than twice the first, however many come.
"""

from __future__ import annotations

from typing import Final

from routing.core.quality import FEEDBACK_WEIGHT

# Further ones are kept, and teach nothing: one task must not look like many.
MOST_VERDICTS: Final = 3


def weight_of_verdict(earlier: int) -> float | None:
    """Return what a verdict weighs after so many earlier ones on the same task; None: nothing."""
    return FEEDBACK_WEIGHT / 2**earlier if earlier < MOST_VERDICTS else None
