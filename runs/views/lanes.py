"""A run's calls over time: a lane for each task, bars that never overlap within it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runs.views.formats import duration, look_of, milliseconds, usd, words
from telemetry.models import Call

BAR_HEIGHT = 12
ROW_HEIGHT = 16
INKS = {"decomposition": "p1", "generation": "p2", "cross_review": "p3", "evaluation": "p4"}
TICKS = 4
# In hundredths of the time shown: what took a moment is to be seen, too.
NARROWEST = 0.4


@dataclass(frozen=True, slots=True)
class Bar:
    """One call; x and width are hundredths of the time shown, y is in pixels."""

    x: str
    width: str
    y: int
    ink: str
    text: str


@dataclass(slots=True)
class Lane:
    """The calls of one task, or of none."""

    key: str
    url: str
    bars: list[Bar] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    failed: int = 0
    cost: int = 0

    @property
    def height(self) -> int:
        return len(self.ends) * ROW_HEIGHT

    @property
    def label(self) -> str:
        count = len(self.bars)
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.key or 'whole run'}: {count} call{'s' if count > 1 else ''}{failed}"


@dataclass(frozen=True, slots=True)
class Tick:
    x: int
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All lanes, in the order of their first call."""

    lanes: Sequence[Lane]
    ticks: Sequence[Tick]
    drawn: int
    bar_height: int = BAR_HEIGHT


def draw_timeline(
    calls: Sequence[Call], start: datetime, end: datetime, url: Callable[[str], str]
) -> Timeline:
    """Lay out calls, the first first, between the ends of their run."""
    begins = [call.at - _length(call) for call in calls]
    start, end = min([start, *begins]), max([end, *(call.at for call in calls)])
    whole = max((end - start).total_seconds(), 0.001)
    lanes: dict[str, Lane] = {}
    for call, begun in sorted(zip(calls, begins, strict=True), key=lambda pair: pair[1]):
        lane = lanes.setdefault(call.task_key, Lane(call.task_key, url(call.task_key)))
        _place(lane, call, (begun - start).total_seconds() / whole, whole)
    return Timeline(list(lanes.values()), _ticks(whole), len(calls))


def _place(lane: Lane, call: Call, at: float, whole: float) -> None:
    width = max(NARROWEST, 100 * _length(call).total_seconds() / whole)
    x = min(100 * at, 100 - width)
    row = next((place for place, end in enumerate(lane.ends) if end <= x), len(lane.ends))
    lane.ends[row : row + 1] = [x + width]
    bad = call.outcome not in ("ok", "cached")
    lane.failed += bad
    lane.cost += call.cost_nanousd or 0
    ink = "bad" if bad else INKS.get(call.phase, "p2")
    if call.outcome == "cached":
        ink += " cached"
    lane.bars.append(Bar(f"{x:.2f}%", f"{width:.2f}%", row * ROW_HEIGHT + 2, ink, _text(call)))


def _text(call: Call) -> str:
    said = [
        words(call.phase),
        call.model,
        look_of(call.outcome).label,
        milliseconds(call.latency_ms),
        usd(call.cost_nanousd),
    ]
    return " · ".join(said)


def _length(call: Call) -> timedelta:
    return timedelta(milliseconds=call.latency_ms or 0)


def _ticks(whole: float) -> list[Tick]:
    return [
        Tick(
            100 * number // TICKS,
            duration(whole * number / TICKS) if number else "0 s",
            "start" if number == 0 else "end" if number == TICKS else "middle",
        )
        for number in range(TICKS + 1)
    ]
