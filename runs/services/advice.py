"""Having advice computed by workers once a day, and ledgers of savings and beliefs kept up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from budgets.models import Org
from routing.models import AdviceDue, Recommendation
from routing.services.belief_days import is_due, keep_beliefs
from routing.services.recommendations import advise_org, end_late_shadows, realise_org
from routing.services.recommendations.realising import MOVING
from runs import queue
from runs.services.tuning.returns import keep_returns_of_org

ADVISE_EVERY = timedelta(days=1)
REALISE_EVERY = timedelta(minutes=5)


def look_after_advice(now: datetime) -> None:
    """Ring for every organisation of which something is due; a chore of each worker.

    Shadows that have gone on for too long are ended.
    """
    end_late_shadows(now)
    # The next look rings for those that are left: by then the first are done with.
    for org_id in islice(_due(now), max(1, queue.room())):
        queue.enqueue_advice(org_id)


def keep_up(org_id: int, now: datetime) -> None:
    """Do what is due of an organisation; nothing if another worker has done it."""
    row, _ = AdviceDue.objects.get_or_create(org_id=org_id)
    if _past(row.advised_at, ADVISE_EVERY, now):
        advise_org(org_id, now)
    if _past(row.realised_at, REALISE_EVERY, now):
        # Tuned models first: it is noted as done by the routing's own ledger.
        keep_returns_of_org(org_id, now)
        realise_org(org_id, now)
    keep_beliefs(org_id, now)


def _due(now: datetime) -> Iterator[int]:
    """Yield the organisations of which something is due."""
    known = {row.org_id: row for row in AdviceDue.objects.all()}
    moving = set(Recommendation.objects.filter(state__in=MOVING).values_list("org_id", flat=True))
    for org_id in Org.objects.order_by("pk").values_list("pk", flat=True):
        row = known.get(org_id) or AdviceDue(org_id=org_id)
        saves = org_id in moving and _past(row.realised_at, REALISE_EVERY, now)
        if saves or _past(row.advised_at, ADVISE_EVERY, now) or is_due(row, now):
            yield org_id


def _past(at: datetime | None, after: timedelta, now: datetime) -> bool:
    return at is None or now - at >= after
