"""The place that a request names: a whole organisation, or one of its teams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.core.exceptions import PermissionDenied

from budgets.core.access import Action, Caller
from budgets.models import Org
from budgets.selectors import orgs_of, teams_of
from runs.core.refusals import InvalidSubmission
from runs.selectors.runs import refusal
from runs.selectors.tuning.places import Place, places_of

# Of what a caller may name, an error lists so many.
MOST_NAMED: Final = 20


def place_of(caller: Caller, slug: str, action: Action) -> Place:
    """Return the place that a request names, in which the caller may do this.

    Raises: InvalidSubmission for none of the caller's; PermissionDenied without the right.
    """
    slug = slug.replace("\x00", "")
    if slug:
        org, _, name = slug.rpartition("/")
        teams = list(teams_of(caller).filter(slug=name, **({"org__slug": org} if org else {})))
        if len(teams) != 1:
            raise InvalidSubmission({"team": [_name_one("teams", _teams(caller))]})
        place = Place(teams[0].org, teams[0])
        require(caller, action, place)
        return place
    places = places_of(caller, action)
    wide = [place for place in places if place.team is None] or places
    if not wide:
        raise PermissionDenied(refusal(caller, action))
    if len(wide) > 1:
        raise InvalidSubmission({"team": [_name_one("teams", _teams(caller))]})
    return wide[0]


def org_of(caller: Caller, slug: str, action: Action = Action.READ_USAGE) -> Org:
    """Return the organisation that is meant, of those in some part of which the caller may do this.

    Raises: InvalidSubmission, PermissionDenied.
    """
    ids = {place.org.pk for place in places_of(caller, action)}
    orgs = [org for org in orgs_of(caller).order_by("slug") if org.pk in ids]
    if not orgs:
        raise PermissionDenied(refusal(caller, action))
    found = [org for org in orgs if org.slug == slug] if slug else orgs
    if len(found) != 1:
        names = [org.slug for org in orgs]
        raise InvalidSubmission({"org": [_name_one("organisations", names)]})
    return found[0]


def readable_places(caller: Caller) -> list[Place]:
    """Return where a caller may read figures. Raises: PermissionDenied for nowhere."""
    places = places_of(caller)
    if not places:
        raise PermissionDenied(refusal(caller, Action.READ_USAGE))
    return places


def require(caller: Caller, action: Action, place: Place) -> None:
    """Raises: PermissionDenied where the caller may not do this in the place."""
    if not place.allows(caller, action):
        raise PermissionDenied(refusal(caller, action))


def _name_one(what: str, names: Sequence[str]) -> str:
    """Return the sentence that asks to name one of the caller's own, and tells which there are."""
    listed = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
    return f"Name one of your {what} by its slug" + (f": {listed}." if names else ".")


def _teams(caller: Caller) -> list[str]:
    """Return the names by which the caller's teams can be told apart."""
    found = list(teams_of(caller))
    several = len({team.org_id for team in found}) > 1
    return [f"{team.org.slug}/{team.slug}" if several else team.slug for team in found]
