"""What happened to a run last, for whoever watches it. A run passed in was read for its caller."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, IntegerField, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from budgets.core.access import Action, Caller
from runs.models import Run
from runs.selectors.tasks import call_list, event_list
from telemetry.models import Call, Event

MOST_DRAWN = 600


def run_version(caller: Caller, run_id: UUID) -> str | None:
    """Return a text that differs whenever anything of the run has changed, in one query.

    None: the caller may not see the run. The count is part of it since numbers of events may
    become visible out of order.
    """
    events = Event.objects.filter(run_id=OuterRef("pk")).order_by().values("run_id")
    found = (
        Run.objects.filter(pk=run_id, team__in=list(caller.team_ids(Action.READ_RUNS)))
        .values_list(
            Coalesce(Subquery(events.values(last=Max("seq")), IntegerField()), 0),
            Coalesce(Subquery(events.values(number=Count("seq")), IntegerField()), 0),
        )
        .first()
    )
    return None if found is None else f"{found[0]}-{found[1]}"


def recent_calls(run: Run, before: UUID | None = None) -> QuerySet[Call]:
    """Return the calls of a run, the newest first. `before`: those older than this one."""
    calls = call_list(run).order_by("-id")
    return calls if before is None else calls.filter(pk__lt=before)


def timeline_calls(run: Run) -> QuerySet[Call]:
    """Return the latest calls of a run, the first of them first, as many as can be drawn."""
    latest = call_list(run).order_by("-id").values("pk")[:MOST_DRAWN]
    return call_list(run).filter(pk__in=list(latest.values_list("pk", flat=True))).order_by("id")


def recent_events(run: Run, before: int | None = None) -> QuerySet[Event]:
    """Return the events of a run, the newest first. `before`: those older than this one."""
    events = event_list(run).order_by("-seq")
    return events if before is None else events.filter(seq__lt=before)
