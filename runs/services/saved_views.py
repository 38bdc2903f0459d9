"""Keeping a view, and giving it up."""

from __future__ import annotations

from datetime import datetime

from budgets.core.access import Caller
from budgets.models import Org
from runs.core.refusals import NotVisible
from runs.models import SavedView

MOST_VIEWS = 100


class TooManyViews(Exception):
    """A person keeps as many views as anybody may."""


def view_save(
    caller: Caller, org: Org, *, name: str, page: str, query: str, shared: bool, now: datetime
) -> SavedView:
    """Keep a view; one of the same name is replaced. Raises: TooManyViews."""
    assert caller.user_id is not None  # a key opens no pages
    mine = SavedView.objects.filter(user=caller.user_id, org=org)
    if not mine.filter(name=name).exists() and mine.count() >= MOST_VIEWS:
        raise TooManyViews(f"You keep {MOST_VIEWS} views already: delete one first.")
    values = {"page": page, "query": query, "shared": shared, "created_at": now}
    view, _ = SavedView.objects.update_or_create(
        user_id=caller.user_id, org=org, name=name, defaults=values
    )
    return view


def view_delete(caller: Caller, view_id: int) -> None:
    """Delete a view of one's own. Raises: NotVisible for anybody else's."""
    gone, _ = SavedView.objects.filter(pk=view_id, user=caller.user_id).delete()
    if not gone:
        raise NotVisible("There is no such view of yours.")
