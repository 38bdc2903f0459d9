"""How far a growing table has been read, when its numbers may become visible out of order.

Invariant: every number that becomes visible while its hole is still waited for is told once.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

# A transaction that takes a number and commits later than this is not waited for.
PATIENCE_SECONDS: Final = 30.0
# A sequence may jump by millions; only the newest missing numbers are worth asking for.
MOST_HOLES: Final = 500


class Tail:
    """The highest number seen, and the holes below it that a late commit may still fill.

    A hole is all there is to look at twice: on PostgreSQL it is a transaction under way, or one
    that was rolled back.
    """

    def __init__(self, highest: int, visible: Iterable[int] = (), at: float = 0.0) -> None:
        """Begin after `highest`; `visible` are the numbers read shortly before it, in seconds."""
        self.highest = highest
        self._holes: dict[int, float] = {}
        seen = sorted({*visible, highest})
        for low, high in pairwise(seen):
            self._missing(low, high, at)

    @property
    def holes(self) -> list[int]:
        """Return the numbers below the highest that may still appear."""
        return list(self._holes)

    def fresh(self, seen: Iterable[int], at: float) -> list[int]:
        """Return the numbers not told before, ascending. `at` in seconds, of any clock."""
        new = sorted({seq for seq in seen if seq > self.highest or seq in self._holes})
        for seq in new:
            if self._holes.pop(seq, None) is None:
                self._missing(self.highest, seq, at)
                self.highest = seq
        self._forget(at)
        return new

    def _missing(self, low: int, high: int, at: float) -> None:
        for seq in range(max(low + 1, high - MOST_HOLES), high):
            self._holes[seq] = at

    def _forget(self, at: float) -> None:
        for seq in [seq for seq, since in self._holes.items() if since < at - PATIENCE_SECONDS]:
            del self._holes[seq]
        for seq in sorted(self._holes)[: max(0, len(self._holes) - MOST_HOLES)]:
            del self._holes[seq]
