"""A figure with its interval as a bar, on one scale with its neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 100.0
# So that a bar at the end of the scale is still seen whole.
MARGIN = 0.04


@dataclass(frozen=True, slots=True)
class Scale:
    """What figures lie between; zero always does."""

    low: float
    high: float

    @classmethod
    def over(cls, figures: Iterable[float]) -> Scale:
        found = [0.0, *figures]
        room = MARGIN * (max(found) - min(found) or 1.0)
        return cls(min(found) - room, max(found) + room)

    def place(self, figure: float) -> float:
        """Return where a figure stands, from 0 to WIDTH."""
        share = (figure - self.low) / (self.high - self.low)
        return round(WIDTH * min(1.0, max(0.0, share)), 2)


@dataclass(frozen=True, slots=True)
class IntervalBar:
    """What a template draws. `marks` are further figures to see it against, such as a limit."""

    label: str
    left: float
    width: float
    value: float | None
    zero: float
    marks: tuple[float, ...] = ()


def interval_bar(
    label: str,
    low: float,
    value: float | None,
    high: float,
    scale: Scale,
    marks: Iterable[float] = (),
) -> IntervalBar:
    """Return a figure with its bounds as a bar; `value` None: only the bounds are known."""
    left = scale.place(low)
    return IntervalBar(
        label,
        left,
        max(0.6, round(scale.place(high) - left, 2)),
        None if value is None else scale.place(value),
        scale.place(0.0),
        tuple(scale.place(mark) for mark in marks),
    )
