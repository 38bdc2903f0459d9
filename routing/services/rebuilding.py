"""Makes the quality profiles anew from the evidence, which must come to what they were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from routing.core.quality import Profile
from routing.models import Evidence, QualityProfile
from routing.services.learning import ADDED, KEY, Place, fold, row_of

ROWS_AT_ONCE = 2_000


def rebuild_profiles(org_id: int | None = None) -> int:
    """Return how many profiles the evidence of one organisation, or of all, came to.

    The old ones are locked meanwhile: an attempt that is evaluated now is added afterwards.
    """
    with transaction.atomic():
        rows = QualityProfile.objects.filter(**_of(org_id))
        list(rows.select_for_update().order_by("pk").values_list("pk"))
        evidence = Evidence.objects.filter(**_of(org_id)).order_by("pk")
        profiles = fold(evidence.iterator(ROWS_AT_ONCE))
        rows.delete()
        QualityProfile.objects.bulk_create(_rows(profiles), batch_size=ROWS_AT_ONCE)
    return len(profiles)


def _of(org_id: int | None) -> dict[str, int]:
    return {} if org_id is None else {"org_id": org_id}


def _rows(profiles: dict[Place, Profile]) -> Iterable[QualityProfile]:
    at = timezone.now()
    for place, profile in sorted(profiles.items()):
        columns: dict[str, Any] = dict(zip(KEY, place, strict=True))
        columns |= dict(zip((*ADDED, "recent"), row_of(profile), strict=True))
        yield QualityProfile(**columns, updated_at=at)
