"""The words of the ledger: where a reservation stands, and what a call is charged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReservationState(StrEnum):
    """Where one call's money stands."""

    RESERVED = "RESERVED"
    SENT = "SENT"
    SETTLED = "SETTLED"
    UNCONFIRMED = "UNCONFIRMED"
    RELEASED = "RELEASED"


OPEN_STATES = (ReservationState.RESERVED, ReservationState.SENT)


class LineKind(StrEnum):
    """Why a ledger line moved money.

    HOLD and EXTEND set aside, RETURN gives back the rest; CORRECTION is what a settled call turned
    out to cost more, or less if it is negative.
    """

    HOLD = "HOLD"
    EXTEND = "EXTEND"
    CHARGE = "CHARGE"
    UNCONFIRMED = "UNCONFIRMED"
    RETURN = "RETURN"
    CORRECTION = "CORRECTION"


class ChargeKind(StrEnum):
    """How surely the cost of a call is known."""

    EXACT = "EXACT"
    UNCONFIRMED = "UNCONFIRMED"
    RELEASED = "RELEASED"


@dataclass(frozen=True, slots=True)
class Charge:
    """What to take for a call. `cost_nanousd` counts for EXACT only."""

    kind: ChargeKind
    cost_nanousd: int = 0

    def __post_init__(self) -> None:
        if self.cost_nanousd < 0:
            raise ValueError("a cost is never negative")

    @classmethod
    def exact(cls, cost_nanousd: int) -> Charge:
        """Charge a known cost; one above the reservation is taken whole and flagged."""
        return cls(ChargeKind.EXACT, cost_nanousd)

    @classmethod
    def unconfirmed(cls) -> Charge:
        """Charge the whole reservation, since the call may have been billed."""
        return cls(ChargeKind.UNCONFIRMED)

    @classmethod
    def released(cls) -> Charge:
        """Charge nothing: the call was surely not sent."""
        return cls(ChargeKind.RELEASED)
