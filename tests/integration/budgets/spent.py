"""Calls as they would have been, on the days before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from uuid_utils.compat import uuid7

from budgets.models import Team
from telemetry.models import Call
from telemetry.services import rollups


def spend_daily(team: Team, amounts: Sequence[int], *, now: datetime) -> None:
    """Make a call a day, the last of them 23 hours ago; an amount of 0 is a day off."""
    for back, amount in enumerate(reversed(amounts), start=1):
        if amount:
            spend_at(team, amount, now - timedelta(days=back, hours=-1))


def spend_at(team: Team, amount: int, at: datetime, **fields: Any) -> None:
    call = Call.objects.create(
        id=uuid7(), at=at, org_id=team.org_id, team_id=team.pk, run_id=uuid7(),
        phase="generation", provider="sim-openai", model="sim/gpt", outcome="ok",
        cost_nanousd=amount, **fields,
    )  # fmt: skip
    rollups.add_calls([call])
