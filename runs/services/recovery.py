"""What a dead worker's calls leave behind: their record, and the run's counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from budgets.services.allocation import Recovered
from runs.models import Run
from runs.services.progress import CountCall
from telemetry.models import Call, Outcome
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall


def record_recovered(
    runs: Mapping[UUID, Run], recovered: Sequence[Recovered], now: datetime
) -> None:
    """Write one call for each reservation whose end nobody saw, charged as it was settled.

    `unconfirmed` ones were sent: they may have been billed, and are charged in full for a person
    to reconcile. `released` ones were surely not sent.
    """
    for item in recovered:
        run = runs[item.run_id]
        sent = item.kind == Outcome.UNCONFIRMED
        call = Call(
            id=item.call_id,
            at=now,
            org_id=run.org_id,
            team_id=run.team_id,
            run_id=run.id,
            task_key=item.task_key,
            attempt=item.attempt,
            phase=item.phase,
            task_type=item.task_type,
            provider=item.provider,
            model=item.model,
            outcome=Outcome.UNCONFIRMED if sent else Outcome.RELEASED,
            error_class="WorkerDied",
            error_origin="us",
            cost_nanousd=item.amount_nanousd if sent else 0,
        )
        apply_now(RecordCall(call), CountCall(call))
