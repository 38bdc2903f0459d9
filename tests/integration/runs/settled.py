"""Calls that were paid, as the engine leaves them."""

from __future__ import annotations

from django.utils import timezone
from uuid_utils.compat import uuid7

from budgets.core.ledger import Charge
from budgets.models import Team
from budgets.services.ledger import CloseHold, Reserve, Settle
from telemetry.models import Call
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordCall
from tests.world import make_run, make_task

COST = 4_000_000


def settled_call(team: Team, *, close: bool = True) -> Call:
    """Make a call of 1000 tokens in and 500 out, of a run that ended unless `close` is False."""
    run = make_run(team)
    make_task(run, "t1")
    call = Call(
        id=uuid7(), at=timezone.now(), org_id=run.org_id, team_id=run.team_id, run_id=run.pk,
        task_key="t1", attempt=1, task_type="summarization", phase="generation",
        provider="sim-openai", model="sim/gpt-6-luna", outcome="ok", input_tokens=1000,
        output_tokens=500, cache_read_tokens=0, cache_write_tokens=0, reasoning_tokens=0,
        cost_nanousd=COST,
    )  # fmt: skip
    assert run.hold is not None
    reserve = Reserve(
        run.hold.pk, call.pk, run.pk, "t1", 1, "generation", "summarization", call.provider,
        call.model, COST, call.at,
    )  # fmt: skip
    apply_now(reserve)
    apply_now(Settle(call.pk, Charge.exact(COST), call.at), RecordCall(call))
    if close:
        apply_now(CloseHold(run.hold.pk, call.at))
    return call
