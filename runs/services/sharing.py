"""Whether an organisation shares what it learned: its owners decide, and it is logged."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from budgets.models import Org
from routing.models import SharedLearning
from telemetry.services.changes import record_change


@transaction.atomic
def share_learning(org: Org, *, wanted: bool, actor: str, now: datetime) -> bool:
    """Share, or no longer; return whether that changed anything."""
    Org.objects.select_for_update().get(pk=org.pk)
    shares = SharedLearning.objects.filter(org_id=org.pk).exists()
    if shares == wanted:
        return False
    if wanted:
        SharedLearning.objects.create(org_id=org.pk, since=now)
    else:
        SharedLearning.objects.filter(org_id=org.pk).delete()
    record_change(
        "shared learning", org.slug, actor=actor, at=now, org_id=org.pk,
        before={"shares": shares}, after={"shares": wanted},
    )  # fmt: skip
    return True
