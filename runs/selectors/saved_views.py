"""The views that a person kept, and those that others of the org share."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from budgets.core.access import Caller
from runs.models import SavedView

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class SavedViews:
    """Views by name."""

    own: list[SavedView]
    shared: list[SavedView]

    def __len__(self) -> int:
        return len(self.own) + len(self.shared)


def views_of(caller: Caller) -> SavedViews:
    """Return what a person may open: its own views, and those shared in its orgs, in one query."""
    found = (
        SavedView.objects.filter(Q(user=caller.user_id) | Q(shared=True), org__in=caller.org_ids)
        .select_related("user")
        .order_by("name", "pk")[:MOST_SHOWN]
    )
    own = [view for view in found if view.user_id == caller.user_id]
    return SavedViews(own, [view for view in found if view.user_id != caller.user_id])
