"""What evidence has come to: of everybody who shares, an organisation, a team; and what of it is
believed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db.models import Max, Sum

from routing.core.beliefs import Beliefs, believe
from routing.core.levels import Evidence
from routing.core.posterior import Key
from routing.core.quality import SUMS, Profile, unpack
from routing.core.versions import VersionKey, present
from routing.models import QualityProfile, SharedLearning

SUMMED = ("n", *SUMS)
COLUMNS = ("team_id", "model", "task_type", "version", "recent", *SUMMED)
Versions = Mapping[str, str]  # the present one of each model
UNKNOWN: Versions = MappingProxyType({})
WHOLE_ORG = 0
# Evidence fades while nothing new is seen, but not in a moment.
RENEW_AFTER = timedelta(minutes=10)
MOST_KEPT = 1_000

_kept: dict[tuple[int, int], tuple[tuple[Any, ...], datetime, Beliefs]] = {}


def profiles_of(
    org_id: int, team_id: int = WHOLE_ORG, versions: Versions = UNKNOWN
) -> dict[Key, Profile]:
    """Return the profiles of an organisation, or of one of its teams, weighted as of EPOCH."""
    return present(versioned_profiles_of(org_id, team_id), versions)


def versioned_profiles_of(org_id: int, team_id: int = WHOLE_ORG) -> dict[VersionKey, Profile]:
    """Return the same with each version of a model apart."""
    return _by_team(org_id, {team_id})[team_id]


def beliefs_for(
    org_id: int,
    team_id: int | None,
    tiers: Mapping[str, str],
    now: datetime,
    versions: Versions = UNKNOWN,
) -> Beliefs:
    """Return what a team believes; what it believed a moment ago, while nothing new was seen.

    `versions` are the models' present ones: what is known of others is a weaker prior. An
    evaluated attempt comes once in several calls, and beliefs cost as much as all else here.
    """
    place = (org_id, team_id or WHOLE_ORG)
    sharing = shares(org_id)
    named = tuple(tiers.items()), tuple(versions.items())
    told = (_fingerprint(org_id, sharing), sharing, named)
    kept = _kept.get(place)
    if kept is not None and kept[0] == told and abs(now - kept[1]) < RENEW_AFTER:
        return kept[2]
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    believed = believe(evidence_for(org_id, team_id, sharing, versions), tiers, now)
    _kept[place] = (told, now, believed)
    return believed


def _fingerprint(org_id: int, sharing: bool) -> tuple[Any, ...]:
    """Return figures that any further evidence changes, whoever's it is if all is shared."""
    rows = QualityProfile.objects.filter(team_id=WHOLE_ORG)
    mine = rows if sharing else rows.filter(org_id=org_id)
    sums = mine.aggregate(Sum("n"), Sum("score_sum"), Sum("cost_sum_nanousd"), Max("updated_at"))
    return tuple(sums.values())


def evidence_for(
    org_id: int,
    team_id: int | None,
    sharing: bool | None = None,
    versions: Versions = UNKNOWN,
) -> Evidence:
    """Return all levels that a team learns from; `team_id` None: of the organisation alone.

    `sharing` None: look whether the organisation does.
    """
    sharing = shares(org_id) if sharing is None else sharing
    found = _by_team(org_id, {WHOLE_ORG, team_id or WHOLE_ORG})
    return Evidence(
        everybody=everybody(versions) if sharing else {},
        org=present(found[WHOLE_ORG], versions),
        team=present(found[team_id], versions) if team_id else {},
    )


def _by_team(org_id: int, team_ids: set[int]) -> dict[int, dict[VersionKey, Profile]]:
    rows = QualityProfile.objects.filter(org_id=org_id, team_id__in=team_ids)
    found: dict[int, dict[VersionKey, Profile]] = {team_id: {} for team_id in team_ids}
    for team_id, model, task_type, version, recent, *sums in rows.values_list(*COLUMNS):
        columns: dict[str, Any] = dict(zip(SUMMED, sums, strict=True))
        found[team_id][model, task_type, version] = Profile(**columns, recent=unpack(recent))
    return found


def shares(org_id: int) -> bool:
    """Tell whether an organisation shares what it learned, and so learns from the others."""
    return SharedLearning.objects.filter(org_id=org_id).exists()


def everybody(versions: Versions = UNKNOWN) -> dict[Key, Profile]:
    """Return the profiles of all organisations that share, together.

    Summed when read, so that no row is written by everybody and leaving takes effect at once.
    """
    sharing = SharedLearning.objects.values("org_id")
    rows = QualityProfile.objects.filter(org_id__in=sharing, team_id=WHOLE_ORG)
    grouped = rows.order_by().values_list("model", "task_type", "version")
    summed = grouped.annotate(*(Sum(name) for name in SUMMED))
    return present({(one[0], one[1], one[2]): Profile(*one[3:]) for one in summed}, versions)
