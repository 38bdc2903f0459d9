"""Recommendations and what they rest on, made by plain functions with overrides."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from budgets.models import Team
from routing.models import Recommendation
from telemetry.models import Score

CURRENT, PROPOSED = "sim/claude-haiku-5-5", "sim/gpt-6-luna"
TASK_TYPE = "summarization"
CENT = 10_000_000


def make_recommendation(team: Team, now: datetime, **overrides: Any) -> Recommendation:
    """Store a proposal of the team's, with figures that say it is worth having."""
    of_org = overrides.pop("of_org", False)
    current, proposed = (
        overrides.get("current_model", CURRENT),
        overrides.get("proposed_model", PROPOSED),
    )
    task_type = overrides.get("task_type", TASK_TYPE)
    tally = {"n": 300, "accepted": 240, "mean_score": 0.88}
    here = tally | {"cost_nanousd": 6 * 100 * CENT, "cost_per_accepted_nanousd": 600 * CENT // 240}
    there = tally | {"cost_nanousd": 2 * 100 * CENT, "cost_per_accepted_nanousd": 200 * CENT // 240}
    fields: dict[str, Any] = {
        "kind": "routing",
        "org_id": team.org_id,
        "team_id": None if of_org else team.pk,
        "subject": f"{task_type}: {current} > {proposed}",
        "title": f"Move {task_type.replace('_', ' ')} from {current} to {proposed}",
        "task_type": task_type,
        "current_model": current,
        "proposed_model": proposed,
        "saving_nanousd": 400 * CENT,
        "saving_low_nanousd": 330 * CENT,
        "saving_high_nanousd": 480 * CENT,
        "quality_change": -0.003,
        "quality_low": -0.011,
        "quality_high": 0.005,
        "n": 640,
        "evidence": {
            "days": 30.0,
            "since": (now - timedelta(days=30)).isoformat(),
            "until": now.isoformat(),
            "level": 0.8,
            "tolerance": 0.02,
            "current": here,
            "proposed": there,
            "price_error_nanousd": CENT / 10,
            "moved_ratio": 0.5,
            "teams": [{"team_id": team.pk, "current": here, "proposed": there}],
        },
        "created_at": now,
        "computed_at": now,
    }
    return Recommendation.objects.create(**(fields | overrides))


def make_scores(
    team: Team,
    model: str,
    now: datetime,
    *,
    count: int = 60,
    cost_nanousd: int = CENT,
    quality: float = 0.9,
    accepted: float = 0.8,
    task_type: str = TASK_TYPE,
    seed: int = 1,
) -> None:
    """Store attempts of the last weeks by one model."""
    draws = random.Random(f"{seed} {model}")
    Score.objects.bulk_create(
        Score(
            at=now - timedelta(days=20 * place / count, minutes=1),
            org_id=team.org_id,
            team_id=team.pk,
            task_type=task_type,
            provider=model.partition("-")[0],
            model=model,
            score=min(1.0, max(0.0, draws.gauss(quality, 0.03))),
            accepted=draws.random() < accepted,
            cost_nanousd=round(cost_nanousd * draws.lognormvariate(0, 0.3)),
        )
        for place in range(count)
    )
