"""What a recommendation rests on, as plain data that stays with it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from routing.core.advice import LEVEL, TOLERANCE, Advice, Tally
from routing.selectors.tallies import Tallies


def title_of(task_type: str, advice: Advice) -> str:
    """Return what is recommended, in words, without figures."""
    return f"Move {task_type.replace('_', ' ')} from {advice.current} to {advice.proposed}"


def evidence_of(
    advice: Advice, tallies: Tallies, task_type: str, team_id: int | None, now: datetime
) -> dict[str, Any]:
    """Return the figures behind advice: both models in all, and by team."""
    here, there = advice.here, advice.there
    price = here.cost / here.accepted
    return {
        "days": round(advice.days, 2),
        "since": (now - timedelta(days=advice.days)).isoformat(),
        "until": now.isoformat(),
        "level": LEVEL,
        "tolerance": TOLERANCE,
        "current": tally_json(here),
        "proposed": tally_json(there),
        "price_error_nanousd": math.sqrt(here.price_variance(price)),
        "moved_ratio": here.n / (here.n + there.n),
        "teams": [
            {
                "team_id": each,
                "current": tally_json(models.get(advice.current, Tally())),
                "proposed": tally_json(models.get(advice.proposed, Tally())),
            }
            for each, models in sorted(tallies.by_type[task_type].items())
            if team_id in (None, each) and {advice.current, advice.proposed} & models.keys()
        ],
    }


def tally_json(tally: Tally) -> dict[str, Any]:
    """Return a tally for people: money in nano-dollars, None where there is nothing to divide."""
    price = tally.cost_per_accepted
    return {
        "n": tally.n,
        "accepted": tally.accepted,
        "cost_nanousd": round(tally.cost),
        "cost_per_accepted_nanousd": None if price is None else round(price),
        "mean_score": tally.mean_score,
    }
