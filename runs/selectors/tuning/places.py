"""Of what failures are looked at and models tuned: a whole organisation, or one of its teams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from budgets.core.access import Action, Caller
from budgets.models import Org, Team
from budgets.selectors import orgs_of, teams_of
from budgets.services.access import can
from runs.core.refusals import NotVisible


@dataclass(frozen=True, slots=True)
class Place:
    """`team` None: the whole organisation."""

    org: Org
    team: Team | None = None

    @property
    def key(self) -> str:
        """Return how the place is called in addresses and forms."""
        return f"team-{self.team.pk}" if self.team else f"org-{self.org.pk}"

    @property
    def name(self) -> str:
        return self.team.name if self.team else f"All of {self.org.name}"

    @property
    def whose(self) -> dict[str, Any]:
        """Return what finds rows that were made for this place."""
        return {"org": self.org, "team": self.team}

    def within(self, before: str = "") -> dict[str, Any]:
        """Return what finds everything that happened here; `before` leads to the run."""
        found = {f"{before}org_id": self.org.pk}
        return found if self.team is None else found | {f"{before}team_id": self.team.pk}

    def allows(self, caller: Caller, action: Action) -> bool:
        """Tell whether a caller may do this here."""
        return can(caller, action, self.team or self.org)


def places_of(caller: Caller, action: Action = Action.READ_USAGE) -> list[Place]:
    """Return where a caller may do this: whole organisations first, then teams."""
    orgs = [org for org in orgs_of(caller).order_by("name") if can(caller, action, org)]
    return [
        *(Place(org) for org in orgs),
        *(Place(team.org, team) for team in teams_of(caller, action)),
    ]


def place_named(caller: Caller, key: str, action: Action = Action.READ_USAGE) -> Place:
    """Return the caller's place of that key. Raises: NotVisible."""
    for place in places_of(caller, action):
        if place.key == key:
            return place
    raise NotVisible("There is no such place.")


def made_for(places: Iterable[Place]) -> Q:
    """Return what finds rows of any of these places."""
    found = Q(pk__in=[])
    for place in places:
        found |= Q(**place.whose) if place.team else Q(org=place.org, team=None)
    return found
