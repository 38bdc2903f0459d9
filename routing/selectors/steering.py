"""Which recommendations act on the choices of a team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q

from routing.core.steering import Rule
from routing.models import Recommendation
from routing.models.recommendation import STEERING, Kind

COLUMNS = (
    "id",
    "state",
    "task_type",
    "current_model",
    "proposed_model",
    "team_id",
    "settings",
    "evidence",
)
DEFAULT_SHARE = 0.2


def rules_for(org_id: int, team_id: int | None) -> tuple[Rule, ...]:
    """Return the rules in force for a team, its own before those of its whole organisation."""
    rows = Recommendation.objects.filter(
        Q(team_id=team_id) | Q(team_id=None),
        org_id=org_id,
        kind=Kind.ROUTING,
        state__in=STEERING,
        stage_ended_at=None,
    )
    found = sorted(rows.values_list(*COLUMNS), key=lambda row: (row[5] is None, row[0]))
    return tuple(_rule(row, team_id) for row in found)


def _rule(row: tuple[Any, ...], team_id: int | None) -> Rule:
    pk, state, task_type, current, proposed, _, settings, evidence = row
    return Rule(
        id=pk,
        stage=state,
        task_type=task_type,
        current=current,
        proposed=proposed,
        share=float(settings.get("share", DEFAULT_SHARE)),
        moved_ratio=float(evidence.get("moved_ratio", 1.0)),
        hold_id=_hold(settings.get("holds", {}), team_id),
    )


def _hold(holds: Mapping[str, str], team_id: int | None) -> UUID | None:
    """Return the team's money of a shadow; the keys are ids as JSON has them."""
    found = holds.get(str(team_id))
    return UUID(found) if found else None
