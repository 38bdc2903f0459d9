"""Correcting what somebody taught by mistake, so that it is as if they had never been wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import F, Value
from django.db.models.functions import Replace

from routing.core.quality import pack
from routing.models import Evidence, QualityProfile
from routing.services.learning import KEY, fold

# What of a profile depends on the scores.
_OF_SCORES: Final = ("score_sum", "score_sumsq")


def correct_evidence(row: Evidence, score: float, now: datetime) -> None:
    """Let a piece of evidence say another score, in the caller's transaction.

    Profiles get the difference alone: workers add to the same rows meanwhile.
    """
    before = fold([row])
    row.score = score
    row.save(update_fields=["score"])
    after = fold([row])
    # In the order in which workers lock them.
    for place in sorted(after):
        was, is_now = before[place], after[place]
        sums = {name: F(name) + (getattr(is_now, name) - getattr(was, name)) for name in _OF_SCORES}
        stamps = Value(pack(was.recent)), Value(pack(is_now.recent))
        QualityProfile.objects.filter(**dict(zip(KEY, place, strict=True))).update(
            **sums, recent=Replace("recent", *stamps), updated_at=now
        )
