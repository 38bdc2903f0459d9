"""How much may pass in a window of time: counted slots, judged before anything is taken.

Invariant: in whatever order calls ask, no window of time, wherever it starts, holds more than
its limit. A slot that a window only touches counts in full, so a limit is kept a little early.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

# A window is counted in so many slots: it frees room once a second, or once a minute.
SLOTS = 60
# Asks of workers whose clocks differ may come in late by so much; later ones count as this late.
LATENESS_SECONDS = 5.0
# Why a limit took a model out of a choice.
RATE_LIMITED = "rate_limited"


class Scope(StrEnum):
    """Whose calls a limit counts."""

    PROVIDER = "provider"
    MODEL = "model"
    TEAM = "team"
    ORG = "org"


class Measure(StrEnum):
    """What is counted over which time."""

    REQUESTS_PER_MINUTE = "requests per minute"
    TOKENS_PER_MINUTE = "tokens per minute"
    NANOUSD_PER_HOUR = "dollars per hour"
    TOKENS_PER_DAY = "tokens per day"
    ATTEMPTS = "attempts in a quarter of an hour"


SECONDS: Mapping[Measure, int] = {
    Measure.REQUESTS_PER_MINUTE: 60,
    Measure.TOKENS_PER_MINUTE: 60,
    Measure.NANOUSD_PER_HOUR: 3_600,
    Measure.TOKENS_PER_DAY: 86_400,
    Measure.ATTEMPTS: 900,
}
Caps = Mapping[Measure, int]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Hold one limit: whose calls it counts, and how much of each measure may pass.

    `key` names what its windows are counted under. `org_id` and `team_id` None: everybody's.
    """

    key: str
    label: str
    scope: Scope
    caps: Caps
    name: str = ""
    org_id: int | None = None
    team_id: int | None = None

    def concerns(self, call: Place) -> bool:
        """Tell whether it counts this call."""
        named = {Scope.PROVIDER: call.provider, Scope.MODEL: call.model}
        return (
            self.name == named.get(self.scope, self.name)
            and self.org_id in (None, call.org_id)
            and self.team_id in (None, call.team_id)
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Say whose call it is and where it goes."""

    org_id: int
    team_id: int
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class Use:
    """Say what one call uses, at most before it and in fact after it; tokens in and out."""

    tokens: int
    nanousd: int
    requests: int = 1

    def of(self, measure: Measure) -> int:
        """Return how much of a measure this is."""
        if measure in (Measure.REQUESTS_PER_MINUTE, Measure.ATTEMPTS):
            return self.requests
        return self.nanousd if measure is Measure.NANOUSD_PER_HOUR else self.tokens


@dataclass(frozen=True, slots=True)
class Window:
    """Hold what was taken under one key: slot number -> amount, by measure.

    `at` is when the latest was taken, in seconds since 1970.
    """

    at: float = 0.0
    taken: Mapping[Measure, Mapping[int, int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return what was taken as plain data."""
        return {
            measure.name: sorted(slots.items()) for measure, slots in self.taken.items() if slots
        }

    @classmethod
    def from_json(cls, at: float, data: Mapping[str, Iterable[tuple[int, int]]]) -> Window:
        """Return the window that this data holds."""
        return cls(at, {Measure[name]: dict(slots) for name, slots in data.items()})


@dataclass(frozen=True, slots=True)
class Taken:
    """Say that a call may go, and as of when its room is counted (seconds since 1970)."""

    at: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Say that a call has to wait, which limit wants it, and for how long.

    `seconds` None: for good, since the call alone is more than the limit lets pass.
    """

    seconds: float | None
    limit: str
    measure: Measure

    @property
    def reason(self) -> str:
        """Return which limit is reached, in words."""
        return f"{self.limit}: {self.measure.value}"


def slot_of(measure: Measure, at: float) -> int:
    """Return the number of the slot that a moment lies in."""
    return int(at * SLOTS // SECONDS[measure])


def moment_for(windows: Iterable[Window], at: float) -> float:
    """Return as of when an ask counts: now, unless it comes later than slots are kept for."""
    return max([at, *(window.at - LATENESS_SECONDS for window in windows)])


def judge(limit: RateLimit, window: Window, use: Use, at: float) -> Wait | None:
    """Return how long a call has to wait for this limit; None: there is room now."""
    waits = [
        Wait(seconds, limit.label, measure)
        for measure, cap in sorted(limit.caps.items())
        if (seconds := _wait(measure, window, cap, use.of(measure), at)) != 0.0
    ]
    return longest(waits)


def longest(waits: Iterable[Wait]) -> Wait | None:
    """Return the wait that outlasts the others; None where there is none."""
    return max(waits, key=lambda one: (one.seconds is None, one.seconds or 0.0), default=None)


def take(limit: RateLimit, window: Window, use: Use, at: float) -> Window:
    """Return the window with a call counted in it, and without what has passed."""
    newest = max(window.at, at)
    taken = {}
    for measure in limit.caps:
        oldest = slot_of(measure, newest - LATENESS_SECONDS) - SLOTS
        slots = {
            slot: amount for slot, amount in window.taken.get(measure, {}).items() if slot >= oldest
        }
        slot = slot_of(measure, at)
        slots[slot] = slots.get(slot, 0) + use.of(measure)
        taken[measure] = slots
    return Window(newest, taken)


def correct(limit: RateLimit, window: Window, before: Use, after: Use, at: float) -> Window:
    """Return the window once it is known what a call used that was counted as of `at`.

    `limit` is what held when it was: it was counted by its measures and no others.
    """
    taken = {}
    for measure, slots in window.taken.items():
        slot = slot_of(measure, at)
        if slot in slots and measure in limit.caps:
            change = after.of(measure) - before.of(measure)
            slots = {**slots, slot: max(0, slots[slot] + change)}
        taken[measure] = slots
    return replace(window, taken=taken)


def _wait(measure: Measure, window: Window, cap: int, amount: int, at: float) -> float | None:
    """Return seconds until `amount` more fits; 0: now; None: never.

    What others took for a moment after `at`, by clocks that differ, counts as well.
    """
    if amount > cap:
        return None
    first = slot_of(measure, at) - SLOTS
    slots = sorted((s, n) for s, n in window.taken.get(measure, {}).items() if s >= first)
    total = sum(n for _, n in slots) + amount
    wait = 0.0
    for slot, taken in slots:
        if total <= cap:
            break
        total -= taken
        wait = (slot + SLOTS + 1) * SECONDS[measure] / SLOTS - at
    return wait
