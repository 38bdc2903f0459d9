"""Orgs, teams and API keys, as callers may see them."""

from __future__ import annotations

from django.db.models import QuerySet

from budgets.core.access import Action, Caller
from budgets.core.errors import UnknownTeam
from budgets.models import ApiKey, Org, Team


def orgs_of(caller: Caller) -> QuerySet[Org]:
    """Return the orgs a caller belongs to, wholly or by a team."""
    return Org.objects.filter(pk__in=caller.org_ids)


def teams_of(caller: Caller, action: Action | None = None) -> QuerySet[Team]:
    """Return the teams a caller may see, or those in which it may do this."""
    ids = caller.team_actions.keys() if action is None else caller.team_ids(action)
    return Team.objects.filter(pk__in=list(ids)).select_related("org").order_by("org", "slug")


def team_named(caller: Caller, slug: str) -> Team:
    """Return the caller's team of that slug.

    Raises: UnknownTeam when there is none, or when several orgs of the caller have one.
    """
    return _only(teams_of(caller), slug)


def any_team_named(name: str) -> Team:
    """Return the team called `slug` or `org/slug`, for whoever operates the house.

    Raises: UnknownTeam, telling how to name it when several orgs have one.
    """
    org, _, slug = name.rpartition("/")
    teams = Team.objects.select_related("org").order_by("org", "slug")
    return _only(teams.filter(org__slug=org) if org else teams, slug)


def _only(teams: QuerySet[Team], slug: str) -> Team:
    found = list(teams.filter(slug=slug)[:2])
    if not found:
        raise UnknownTeam(f"no team {slug}")
    if len(found) > 1:
        names = ", ".join(f"{team.org.slug}/{team.slug}" for team in found)
        raise UnknownTeam(f"several teams are called {slug}: {names}")
    return found[0]


def keys_of(caller: Caller) -> QuerySet[ApiKey]:
    """Return the API keys a caller may manage, the newest first."""
    teams = list(caller.team_ids(Action.MANAGE_KEYS))
    return ApiKey.objects.filter(team__in=teams).select_related("team").order_by("-pk")
