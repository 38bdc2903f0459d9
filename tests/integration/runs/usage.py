"""History for the tests of usage: two teams, two models, today, yesterday and long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from runs.services.figures import fold_figures
from telemetry.models import Call, Score
from tests.integration.telemetry.facts import call, record, score
from tests.world import World

LUNA, KIMI = "sim/gpt-6-luna", "sim/kimi-k2.6"


def ago(**span: float) -> datetime:
    """Return the middle of an hour so long ago; by days always at noon."""
    at = timezone.now() - timedelta(**span)
    noon = {"hour": 12} if "days" in span else {}
    return at.replace(minute=30, second=0, microsecond=0, tzinfo=UTC, **noon)


def of(team: Any, made: Call | Score, **fields: Any) -> Call | Score:
    """Give a call or score to a team."""
    made.org_id, made.team_id = team.org_id, team.pk
    return made


def make_history(world: World) -> None:
    """Record calls and scores of both teams and of another organisation; fold what is old."""
    kimi = {"model": KIMI, "provider": "sim-moonshot"}
    record(
        of(world.team, call(at=ago(hours=2), cost_nanousd=2_000_000_000)),
        of(world.team, call(at=ago(hours=2), cost_nanousd=None, **kimi)),
        of(world.team, call(at=ago(hours=3), outcome="error", error_origin="provider", **kimi)),
        of(world.team, call(at=ago(days=10), task_type="code_review", latency_ms=4_000)),
        of(world.team, score(at=ago(hours=2), score=0.8)),
        of(world.team, score(at=ago(days=10), score=0.6, accepted=False)),
        of(world.sibling, call(at=ago(hours=2), cost_nanousd=500, phase="evaluation")),
        of(world.other, call(at=ago(hours=2), cost_nanousd=77)),
    )
    while fold_figures(timezone.now()):
        pass
