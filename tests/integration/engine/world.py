"""Runs as the engine meets them, made by plain functions with overrides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from budgets.models import Org, Team
from budgets.services.allocation import open_hold
from budgets.services.ledger import Granted, Reserve
from runs.models import Run
from telemetry.services.journal import apply_now

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DOLLAR = 1_000_000_000


def make_team(name: str = "eng") -> Team:
    org, _ = Org.objects.get_or_create(slug="acme", defaults={"name": "Acme"})
    team, _ = Team.objects.get_or_create(org=org, slug=name, defaults={"name": name})
    return team


def make_run(team: Team | None = None, **overrides: Any) -> Run:
    """Store a queued run with an open hold of its whole budget."""
    team = team or make_team()
    run_id = overrides.pop("id", None) or uuid7()
    budget = overrides.pop("budget_nanousd", 2 * DOLLAR)
    hold = open_hold(
        run_id=run_id, org=team.org, team=team, limit_nanousd=budget, amount_nanousd=budget, now=NOW
    )
    fields: dict[str, Any] = {
        "project": "Write a haiku",
        "time_limit_seconds": 3600,
        "max_parallel_tasks": 8,
        "created_at": NOW,
        "text_digest": "0" * 64,
        **overrides,
    }
    return Run.objects.create(
        id=run_id, org=team.org, team=team, hold=hold, budget_nanousd=budget, **fields
    )


def reserve(run: Run, amount: int) -> UUID:
    """Reserve a call on the run's hold; return its id."""
    call_id: UUID = uuid7()
    assert run.hold_id is not None
    (result,) = apply_now(
        Reserve(
            run.hold_id,
            call_id,
            run.id,
            "",
            0,
            "generation",
            "summarization",
            "p",
            "m",
            amount,
            NOW,
        )
    )
    assert isinstance(result, Granted)
    return call_id
