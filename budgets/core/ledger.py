"""What a hold of money allows: reserving, settling, extending and closing, as pure decisions.

Invariant: money reserved is money of the hold, so spent + reserved <= amount <= limit; only a
provider that charged more than the bound it was asked for can carry `spent` beyond `amount`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from budgets.core.charge import OPEN_STATES, Charge, ChargeKind, LineKind, ReservationState
from budgets.core.phase import (
    PHASE_CAP_PERCENT,
    PHASE_RESERVE_PERCENT,
    Phase,
    eats_beyond_reserve,
)

__all__ = [
    "OPEN_STATES",
    "PHASE_CAP_PERCENT",
    "PHASE_RESERVE_PERCENT",
    "Charge",
    "ChargeKind",
    "Granted",
    "HoldState",
    "LimitScope",
    "LimitState",
    "LineKind",
    "Phase",
    "Refused",
    "ReservationState",
    "Settlement",
    "certain_charge",
    "extend",
    "reserve",
    "settle",
    "threshold_crossed",
]

LimitScope = Literal["run", "team", "org"]


@dataclass(frozen=True, slots=True)
class Granted:
    """The money is there. `over_phase_cap`: the phase passed its cap and the reserve is gone."""

    over_phase_cap: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The money is not there, and why.

    `extendable`: the hold may still grow by enough (ExtendHold), which is `missing_nanousd`.
    `closed`: the hold is over, so nothing can be drawn on it whatever the figures say.
    """

    scope: LimitScope
    limit_nanousd: int
    spent_nanousd: int
    held_nanousd: int
    requested_nanousd: int
    extendable: bool = False
    closed: bool = False
    missing_nanousd: int = 0

    @property
    def ample_nanousd(self) -> int:
        """Return what lets a hold serve more calls than this one: as much again, if it may.

        So that the rows of team and org are not touched for every call.
        """
        taken = self.spent_nanousd + self.held_nanousd + self.requested_nanousd
        may_grow_by = self.limit_nanousd - taken + self.missing_nanousd
        return max(self.missing_nanousd, min(self.requested_nanousd, may_grow_by))


@dataclass(frozen=True, slots=True)
class HoldState:
    """The figures of one hold. `limit` is the most that `amount` may grow to."""

    limit_nanousd: int
    amount_nanousd: int
    spent_nanousd: int = 0
    reserved_nanousd: int = 0
    phases: Mapping[Phase, int] = field(default_factory=dict)
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settling one reservation did. `charged_nanousd` is 0 when it was released."""

    hold: HoldState
    state: ReservationState
    charged_nanousd: int
    over_bound: bool


@dataclass(frozen=True, slots=True)
class LimitState:
    """The figures of one budget period."""

    scope: Literal["team", "org"]
    limit_nanousd: int
    spent_nanousd: int
    held_nanousd: int

    @property
    def free_nanousd(self) -> int:
        """Return what can still be held: never negative."""
        return max(0, self.limit_nanousd - self.spent_nanousd - self.held_nanousd)


def reserve(
    hold: HoldState, phase: Phase, amount_nanousd: int
) -> tuple[HoldState, Granted | Refused]:
    """Set a call's upper bound aside within its hold. Raises: ValueError below zero."""
    if amount_nanousd < 0:
        raise ValueError("a reservation is never negative")
    taken = hold.spent_nanousd + hold.reserved_nanousd + amount_nanousd
    if hold.closed or taken > hold.amount_nanousd:
        may_grow = not hold.closed and taken <= hold.limit_nanousd
        missing = taken - hold.amount_nanousd if may_grow else 0
        return hold, _refused_by_run(hold, amount_nanousd, missing)
    over = eats_beyond_reserve(hold.phases, hold.limit_nanousd, phase, amount_nanousd)
    return replace(hold, reserved_nanousd=hold.reserved_nanousd + amount_nanousd), Granted(over)


def settle(hold: HoldState, phase: Phase, reserved_nanousd: int, charge: Charge) -> Settlement:
    """Replace a reservation by what its call is charged."""
    if charge.kind is ChargeKind.RELEASED:
        charged, state = 0, ReservationState.RELEASED
    elif charge.kind is ChargeKind.UNCONFIRMED:
        charged, state = reserved_nanousd, ReservationState.UNCONFIRMED
    else:
        charged, state = charge.cost_nanousd, ReservationState.SETTLED
    after = replace(
        hold,
        reserved_nanousd=hold.reserved_nanousd - reserved_nanousd,
        spent_nanousd=hold.spent_nanousd + charged,
        phases={**hold.phases, phase: hold.phases.get(phase, 0) + charged},
    )
    return Settlement(after, state, charged, charged > reserved_nanousd)


def extend(
    hold: HoldState, limits: tuple[LimitState, ...], amount_nanousd: int
) -> Granted | Refused:
    """Judge whether a hold may grow: within its own limit, then within every period's.

    Raises: ValueError below zero.
    """
    if amount_nanousd < 0:
        raise ValueError("a hold never shrinks while it is open")
    if hold.closed or hold.amount_nanousd + amount_nanousd > hold.limit_nanousd:
        return _refused_by_run(hold, amount_nanousd)
    # What the hold has and has not used is there for its calls, whatever a period has left.
    unused = max(0, hold.amount_nanousd - hold.spent_nanousd - hold.reserved_nanousd)
    for limit in limits:
        if amount_nanousd > limit.free_nanousd:
            return Refused(
                limit.scope,
                limit.limit_nanousd,
                limit.spent_nanousd,
                limit.held_nanousd - unused,
                amount_nanousd + unused,
            )
    return Granted()


def threshold_crossed(
    thresholds: Iterable[int], limit_nanousd: int, spent_nanousd: int, told_percent: int
) -> int | None:
    """Return the highest percentage of the limit that was passed and not told yet.

    None: nothing new to tell.
    """
    passed = [
        percent
        for percent in thresholds
        if percent > told_percent
        and spent_nanousd > 0
        and percent * limit_nanousd <= 100 * spent_nanousd
    ]
    return max(passed, default=None)


def certain_charge(state: ReservationState) -> Charge:
    """Return what an abandoned reservation costs: nothing unless its call was sent."""
    return Charge.unconfirmed() if state is ReservationState.SENT else Charge.released()


def _refused_by_run(hold: HoldState, requested_nanousd: int, missing_nanousd: int = 0) -> Refused:
    return Refused(
        "run",
        hold.limit_nanousd,
        hold.spent_nanousd,
        hold.reserved_nanousd,
        requested_nanousd,
        extendable=missing_nanousd > 0,
        closed=hold.closed,
        missing_nanousd=missing_nanousd,
    )
