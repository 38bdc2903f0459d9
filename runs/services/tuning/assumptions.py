"""Changing what an organisation's proposals take for granted; every change is logged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from budgets.models import Org
from runs.core.tuning.assumptions import Assumptions, as_json, from_json
from runs.models import TuningAssumptions
from runs.selectors.tuning.assumptions import read_changes
from telemetry.services.changes import record_change


@transaction.atomic
def change_assumptions(
    org: Org, given: Mapping[str, Any], *, actor: str, now: datetime
) -> Assumptions:
    """Store changed assumptions; what is not given stays as it was.

    Raises: InvalidAssumption, and nothing is stored.
    """
    # The org's row is locked, so that of two people at once each sees what the other did.
    Org.objects.select_for_update().get(pk=org.pk)
    row = TuningAssumptions.objects.filter(org=org).first()
    before = read_changes(row.values if row else {})
    after = from_json(given, before)
    old, new = as_json(before), as_json(after)
    changed = [name for name in new if new[name] != old[name]]
    if not changed:
        return after
    values = (row.values if row else {}) | {name: new[name] for name in changed}
    version = row.version + 1 if row else 1
    TuningAssumptions.objects.update_or_create(
        org=org,
        defaults={"values": values, "version": version, "updated_at": now, "updated_by": actor},
    )
    record_change(
        "assumptions", "fine-tuning", actor=actor, at=now, org_id=org.pk, version=version,
        before={name: old[name] for name in changed}, after={name: new[name] for name in changed},
    )  # fmt: skip
    return after
