"""The commands by which calls and runs move money, for the journal.

Each locks the rows it judges, in id order, so that no limit is passed however many workers ask.
"""

from __future__ import annotations

from budgets.core.ledger import Charge, ChargeKind, Granted, Phase, Refused, ReservationState
from budgets.services.ledger.change import (
    Closed,
    CloseHold,
    ExtendHold,
    RecoverHold,
    recovered_in,
)
from budgets.services.ledger.correct import Correct
from budgets.services.ledger.reserve import MarkSent, Reserve
from budgets.services.ledger.settle import Recovered, Settle

__all__ = [
    "Charge",
    "ChargeKind",
    "CloseHold",
    "Closed",
    "Correct",
    "ExtendHold",
    "Granted",
    "MarkSent",
    "Phase",
    "RecoverHold",
    "Recovered",
    "Refused",
    "ReservationState",
    "Reserve",
    "Settle",
    "recovered_in",
]
