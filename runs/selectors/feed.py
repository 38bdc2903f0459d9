"""Events of everything a caller may see, run or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from budgets.core.access import Action, Caller
from budgets.models import Team
from runs.core.feed import BUDGET_PREFIX
from telemetry.models import Event

# More than a page holds; and more places than anybody belongs to.
AT_ONCE = 250
MOST_PLACES = 100
# Further apart no two numbers become visible in the wrong order.
OUT_OF_ORDER = 200


@dataclass(frozen=True, slots=True)
class Stretch:
    """The events after a sequence number; or, backwards, the last ones before `before`."""

    since: int = 0
    before: int | None = None

    @property
    def where(self) -> Q:
        """Return the condition that holds for these events."""
        return Q(seq__gt=self.since) & (Q() if self.before is None else Q(seq__lt=self.before))


def feed_stretch(caller: Caller, stretch: Stretch) -> QuerySet[Event]:
    """Return the AT_ONCE events of a stretch that are next, unordered.

    Each place's are found in its own part of the index, where a condition on all of them would
    walk through everybody's.
    """
    places = list(_places(caller))
    if len(places) > MOST_PLACES:
        return Event.objects.filter(_mine(caller), stretch.where)
    parts = [_next(place & _mine(caller), stretch) for place in places]
    if not parts:
        return Event.objects.none()
    return Event.objects.filter(seq__in=list(parts[0].union(*parts[1:], all=True)))


def feed_version(caller: Caller, now: datetime) -> str:
    """Return a text that differs once anything happened that the caller may see, in two queries.

    Or once a minute: what happens without an event, and what ages, shows by then. The count is
    part of it since numbers may become visible out of order.
    """
    highest = Event.objects.aggregate(last=Max("seq"))["last"] or 0
    late = Event.objects.filter(_mine(caller), seq__gt=highest - OUT_OF_ORDER)
    seen = late.aggregate(last=Max("seq"), number=Count("seq"))
    return f"{seen['last'] or 0}-{seen['number']}-{int(now.timestamp()) // 60}"


def _next(where: Q, stretch: Stretch) -> QuerySet[Event, int]:
    order = "seq" if stretch.before is None else "-seq"
    found = Event.objects.filter(where, stretch.where).order_by(order).values("seq")[:AT_ONCE]
    # Once more by number: SQLite limits no part of a union by itself.
    return Event.objects.filter(seq__in=found).order_by().values_list("seq", flat=True)


def _places(caller: Caller) -> Iterator[Q]:
    """Yield the teams, the whole organisations and the house, as the index tells them apart."""
    readable = caller.team_ids(Action.READ_RUNS) | caller.team_ids(Action.READ_BUDGETS)
    teams = Team.objects.filter(pk__in=readable)
    for team_id, org_id in teams.order_by("pk").values_list("pk", "org"):
        yield Q(org_id=org_id, team_id=team_id)
    for org_id in sorted(caller.org_actions):
        yield Q(org_id=org_id, team_id__isnull=True)
    if caller.team_actions:
        yield Q(org_id__isnull=True, team_id__isnull=True)


def _mine(caller: Caller) -> Q:
    budget = Q(type__startswith=BUDGET_PREFIX)
    return _of(caller, Action.READ_RUNS) & ~budget | _of(caller, Action.READ_BUDGETS) & budget


def _of(caller: Caller, action: Action) -> Q:
    teams = list(caller.team_ids(action))
    orgs = [org for org, actions in caller.org_actions.items() if action in actions]
    found = Q(org_id__in=list(caller.org_ids), team_id__in=teams)
    found |= Q(org_id__in=orgs, team_id__isnull=True)
    return found | Q(org_id__isnull=True) if teams else found
