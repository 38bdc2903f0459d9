"""Whose policy a draft is to be, and whether the caller may do that there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied

from budgets.core.access import Action, Caller
from budgets.models import Org, Team
from budgets.selectors import orgs_of, teams_of
from budgets.services.access import can
from routing.core.policy_draft import Draft, draft_from
from routing.core.policy_text import InvalidPolicy
from runs.core.refusals import InvalidSubmission, NotVisible
from runs.selectors.runs import run_get

LACKING = {
    Action.READ_POLICIES: "read policies",
    Action.WRITE_POLICIES: "change policies",
    Action.READ_DECISIONS: "read decisions",
}
SCOPES = {
    Action.READ_POLICIES: "policies:write",
    Action.WRITE_POLICIES: "policies:write",
    Action.READ_DECISIONS: "usage:read",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A draft and whose policy it would be; `team` None: the whole organisation's."""

    draft: Draft
    org: Org
    team: Team | None
    version: int | None = None


def target_of(caller: Caller, data: Any, action: Action) -> Target:
    """Return the draft in a body, of an org or team in which the caller may do this.

    Raises: InvalidSubmission, PermissionDenied.
    """
    given = dict(data) if isinstance(data, Mapping) else data
    org_slug = given.pop("org", None) if isinstance(given, dict) else None
    version = given.pop("version", None) if isinstance(given, dict) else None
    draft = _draft(given)
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise InvalidSubmission({"version": ["This must be a whole number."]})
    team: Team | None
    if draft.run is not None:
        team = _team_of_run(caller, draft.run)
    else:
        team = _team(caller, draft.team) if draft.team else None
    org = _org(caller, org_slug) if team is None or org_slug is not None else team.org
    if team is not None and team.org_id != org.pk:
        raise InvalidSubmission({"team": ["This team is of another organisation."]})
    if not can(caller, action, team or org):
        raise PermissionDenied(lacking(caller, action, team))
    return Target(draft, org, team, version)


def lacking(caller: Caller, action: Action, team: Team | None = None) -> str:
    """Return what a caller lacks for an action, in a sentence."""
    if caller.api_key_id is None:
        where = "this team" if team else "the whole organisation"
        return f"Your role in {where} does not allow to {LACKING[action]}."
    if caller.team_ids(action):
        return "A key acts for its team: give the policy the scope team, and its team."
    return f"This key lacks the scope {SCOPES[action]}."


def require(caller: Caller, action: Action) -> None:
    """Raises: PermissionDenied when the caller may do this nowhere."""
    anywhere = any(action in granted for granted in caller.org_actions.values())
    if not anywhere and not caller.team_ids(action):
        raise PermissionDenied(lacking(caller, action))


def readable_teams(caller: Caller, org: Org) -> list[int] | None:
    """Return the teams whose decisions the caller may read; None: of all, and of none.

    Raises: PermissionDenied.
    """
    if can(caller, Action.READ_DECISIONS, org):
        return None
    teams = caller.team_ids(Action.READ_DECISIONS)
    if not teams:
        raise PermissionDenied(lacking(caller, Action.READ_DECISIONS))
    return list(teams)


def _draft(data: Any) -> Draft:
    try:
        return draft_from(data)
    except InvalidPolicy as error:
        raise InvalidSubmission(error.errors) from error


def _team(caller: Caller, name: str) -> Team:
    org, _, slug = name.rpartition("/")
    found = list(teams_of(caller).filter(slug=slug, **({"org__slug": org} if org else {}))[:2])
    if not found:
        raise InvalidSubmission({"team": ["You are in no team of this name."]})
    if len(found) > 1:
        raise InvalidSubmission({"team": ["Several teams have this name: write org/team."]})
    return found[0]


def _team_of_run(caller: Caller, run_id: UUID) -> Team:
    try:
        run = run_get(caller, run_id)
    except NotVisible:
        raise InvalidSubmission({"run": ["There is no such run."]}) from None
    return Team.objects.select_related("org").get(pk=run.team_id)


def _org(caller: Caller, slug: Any) -> Org:
    if slug is not None and (not isinstance(slug, str) or "\x00" in slug):
        raise InvalidSubmission({"org": ["Write the slug of an organisation."]})
    found = list(orgs_of(caller).filter(**({"slug": slug} if slug else {}))[:2])
    if not found:
        raise InvalidSubmission({"org": ["You are in no organisation of this name."]})
    if len(found) > 1:
        raise InvalidSubmission({"org": ["You are in several organisations: name one."]})
    return found[0]
