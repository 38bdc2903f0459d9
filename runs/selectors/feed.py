"""Events of everything a caller may see, run or not."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from budgets.core.access import Action, Caller
from runs.core.feed import BUDGET_PREFIX
from telemetry.models import Event


def feed_list(caller: Caller, since: int = 0) -> QuerySet[Event]:
    """Return the events after a sequence number that `may_see` would show this caller."""
    budget = Q(type__startswith=BUDGET_PREFIX)
    mine = _of(caller, Action.READ_RUNS) & ~budget | _of(caller, Action.READ_BUDGETS) & budget
    return Event.objects.filter(mine, seq__gt=since)


def _of(caller: Caller, action: Action) -> Q:
    teams = list(caller.team_ids(action))
    orgs = [org for org, actions in caller.org_actions.items() if action in actions]
    found = Q(org_id__in=list(caller.org_ids), team_id__in=teams)
    found |= Q(org_id__in=orgs, team_id__isnull=True)
    return found | Q(org_id__isnull=True) if teams else found
