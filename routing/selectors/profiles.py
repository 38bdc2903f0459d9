"""What evidence has come to, by model and task type: of everybody who shares, an org, a team."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum

from routing.core.beliefs import Evidence
from routing.core.posterior import Key
from routing.core.quality import SUMS, Profile, unpack
from routing.models import QualityProfile, SharedLearning

SUMMED = ("n", *SUMS)
COLUMNS = ("team_id", "model", "task_type", "recent", *SUMMED)
WHOLE_ORG = 0


def profiles_of(org_id: int, team_id: int = WHOLE_ORG) -> dict[Key, Profile]:
    """Return the profiles of an organisation, or of one of its teams, weighted as of EPOCH."""
    return _by_team(org_id, {team_id})[team_id]


def evidence_for(org_id: int, team_id: int | None) -> Evidence:
    """Return all levels that a team learns from; `team_id` None: of the organisation alone."""
    found = _by_team(org_id, {WHOLE_ORG, team_id or WHOLE_ORG})
    return Evidence(
        everybody=everybody() if shares(org_id) else {},
        org=found[WHOLE_ORG],
        team=found[team_id] if team_id else {},
    )


def _by_team(org_id: int, team_ids: set[int]) -> dict[int, dict[Key, Profile]]:
    rows = QualityProfile.objects.filter(org_id=org_id, team_id__in=team_ids)
    found: dict[int, dict[Key, Profile]] = {team_id: {} for team_id in team_ids}
    for team_id, model, task_type, recent, *sums in rows.values_list(*COLUMNS):
        columns: dict[str, Any] = dict(zip(SUMMED, sums, strict=True))
        found[team_id][model, task_type] = Profile(**columns, recent=unpack(recent))
    return found


def shares(org_id: int) -> bool:
    """Tell whether an organisation shares what it learned, and so learns from the others."""
    return SharedLearning.objects.filter(org_id=org_id).exists()


def everybody() -> dict[Key, Profile]:
    """Return the profiles of all organisations that share, together.

    Summed when read, so that no row is written by everybody and leaving takes effect at once.
    """
    sharing = SharedLearning.objects.values("org_id")
    rows = QualityProfile.objects.filter(org_id__in=sharing, team_id=WHOLE_ORG)
    summed = rows.values_list("model", "task_type").annotate(*(Sum(name) for name in SUMMED))
    return {(model, task_type): Profile(*sums) for model, task_type, *sums in summed}
