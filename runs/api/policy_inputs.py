"""What the operations on policies and decisions take, and whose policy a draft is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from rest_framework import serializers

from budgets.core.access import Action, Caller
from budgets.models import Org, Team
from budgets.selectors import orgs_of, teams_of
from budgets.services.access import can
from routing.core.policy import Mode, Scope
from routing.core.policy_draft import Draft, draft_from
from routing.core.policy_text import InvalidPolicy
from routing.models.decision import Kind, Outcome
from runs.core.refusals import InvalidSubmission, NotVisible
from runs.core.rules import TaskType
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


def _names(at_least: int = 0) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=128), min_length=at_least, max_length=200,
        required=False, allow_null=True,
    )  # fmt: skip


class RulesInput(serializers.Serializer[Any]):
    """What is asked of a model; whatever is left out or null asks nothing."""

    allowed_providers = _names(1)
    blocked_providers = _names()
    allowed_models = _names(1)
    blocked_models = _names()
    regions = _names(1)
    required_tags = _names()
    max_cost_per_call_usd = serializers.CharField(required=False, allow_null=True)
    max_cost_per_task_usd = serializers.CharField(required=False, allow_null=True)
    max_p95_latency_ms = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    min_quality = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    max_requests_per_minute = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    max_tokens_per_minute = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    unknown_price_allowed = serializers.BooleanField(required=False, allow_null=True)


class PolicyInput(serializers.Serializer[Any]):
    """A policy as it is to be; described here, read by `routing.core.policy_draft`."""

    name = serializers.CharField(max_length=64)
    scope = serializers.ChoiceField([one.value for one in Scope], required=False)
    org = serializers.CharField(
        required=False, help_text="Slug; only needed by people of several organisations."
    )
    team = serializers.CharField(
        required=False, help_text="Slug. Needed for scope team, may narrow scope task_type."
    )
    run = serializers.UUIDField(required=False, help_text="Needed for scope run.")
    task_type = serializers.ChoiceField([kind.value for kind in TaskType], required=False)
    mode = serializers.ChoiceField([one.value for one in Mode])
    enabled = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    rules = RulesInput()
    version = serializers.IntegerField(
        required=False, help_text="PUT only: the version that was read, refused if it is outdated."
    )


class ReplayInput(serializers.Serializer[Any]):
    policy = PolicyInput()
    since = serializers.DateTimeField(required=False, help_text="Default: seven days before `to`.")
    to = serializers.DateTimeField(required=False, help_text="Default: now.")

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, `since` under its name outside, which is a word of Python's."""
        return {"from" if name == "since" else name: field
                for name, field in super().get_fields().items()}  # fmt: skip


class PolicyQuery(serializers.Serializer[Any]):
    scope = serializers.ChoiceField([one.value for one in Scope], required=False)
    team = serializers.CharField(required=False, max_length=101)
    name = serializers.CharField(required=False, max_length=64)
    enabled = serializers.BooleanField(required=False, allow_null=True, default=None)


class DecisionQuery(serializers.Serializer[Any]):
    outcome = serializers.ListField(
        child=serializers.ChoiceField([one.value for one in Outcome]), required=False
    )
    kind = serializers.ListField(
        child=serializers.ChoiceField([one.value for one in Kind]), required=False
    )
    policy = serializers.CharField(required=False, max_length=64)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    team = serializers.CharField(required=False, max_length=101)
    model = serializers.CharField(required=False, max_length=128)
    run = serializers.UUIDField(required=False)
    actor = serializers.CharField(required=False, max_length=128)
    since = serializers.DateTimeField(required=False)
    to = serializers.DateTimeField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, `since` under its name outside, which is a word of Python's."""
        return {"from" if name == "since" else name: field
                for name, field in super().get_fields().items()}  # fmt: skip


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
