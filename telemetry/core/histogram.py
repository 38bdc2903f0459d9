"""A latency histogram whose bins widen by a tenth each, small to store and cheap to merge.

Invariant: merging loses nothing, and a quantile lies within ERROR of the exact one, for latencies
from 1 ms to LONGEST_MS; what lies outside counts as the nearest of the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Bin i > 0 holds latencies in (GROWTH^(i-1), GROWTH^i] ms; bin 0 holds what is at most 1 ms.
GROWTH = 1.1
LONGEST_MS = 1_000_000
# Source: Masson, Rim, Lee: DDSketch (VLDB 2019), definition 2: the point 2 * high / (1 + GROWTH)
# of a bin is no further than this from anything in it.
ERROR = (GROWTH - 1) / (GROWTH + 1)

_PER_BIN = 1 / math.log(GROWTH)
LAST_BIN = math.ceil(math.log(LONGEST_MS) * _PER_BIN)
# All counts stand in one integer, each in its cell: adding two histograms is one addition. A cell
# holds a million million calls before it would spill into the next.
_CELL_BYTES = 5
_CELL_BITS = 8 * _CELL_BYTES


@dataclass(frozen=True, slots=True)
class Histogram:
    """Hold how many latencies fell into each bin, as the cells of one integer."""

    cells: int = 0

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(self.cells + other.cells)

    @property
    def count(self) -> int:
        """Return how many latencies it holds."""
        return sum(self.bins().values())

    def bins(self) -> dict[int, int]:
        """Return the counts of the bins that are not empty, shortest latency first."""
        written = self.cells.to_bytes((self.cells.bit_length() + 7) // 8, "little")
        counts = (
            int.from_bytes(written[start : start + _CELL_BYTES], "little")
            for start in range(0, len(written), _CELL_BYTES)
        )
        return {place: count for place, count in enumerate(counts) if count}

    def quantiles(self, *shares: float) -> tuple[float | None, ...]:
        """Return the latency in ms that each share of all does not exceed; None: it is empty.

        A share lies in (0, 1]; the quantile is that of the nearest rank.
        """
        bins = self.bins()
        total = sum(bins.values())
        return tuple(_at_rank(bins, math.ceil(share * total)) for share in shares)

    def to_bytes(self) -> bytes:
        """Write it: the first bin that is not empty, then cells up to the last such one."""
        if not self.cells:
            return b""
        first = ((self.cells & -self.cells).bit_length() - 1) // _CELL_BITS
        rest = self.cells >> (first * _CELL_BITS)
        length = (rest.bit_length() + 7) // 8
        return bytes([first]) + rest.to_bytes(length, "little")


def cell_of(latency_ms: int) -> int:
    """Return the cells of a histogram of one latency."""
    if latency_ms <= 1:
        return 1
    place = math.ceil(math.log(latency_ms) * _PER_BIN)
    return 1 << (min(place, LAST_BIN) * _CELL_BITS)


def cells_in(written: bytes | memoryview | None) -> int:
    """Return the cells of a histogram as `to_bytes` wrote it; None and nothing are empty."""
    if not written:
        return 0
    return int.from_bytes(written[1:], "little") << (written[0] * _CELL_BITS)


def from_bytes(written: bytes | memoryview | None) -> Histogram:
    """Return the histogram that `to_bytes` wrote; None and nothing are empty."""
    return Histogram(cells_in(written))


def _at_rank(bins: dict[int, int], rank: int) -> float | None:
    passed = 0
    for place, count in bins.items():
        passed += count
        if passed >= rank:
            return _middle(place)
    return None


def _middle(place: int) -> float:
    return 1.0 if place == 0 else 2 * GROWTH**place / (1 + GROWTH)
