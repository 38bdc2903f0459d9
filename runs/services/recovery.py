"""What a dead worker's calls leave behind, in the counters of their run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from budgets.services.ledger import Recovered
from runs.models import Run
from runs.services.progress import CountCall
from telemetry.models import Call


def count_recovered(
    run: Run, recovered: Sequence[Recovered], now: datetime
) -> tuple[CountCall, ...]:
    """Return the commands that count calls whose end nobody saw; the ledger recorded them."""
    return tuple(
        CountCall(
            Call(
                id=one.call_id,
                at=now,
                run_id=run.id,
                task_key=one.task_key,
                cost_nanousd=one.amount_nanousd,
            )
        )
        for one in recovered
    )
