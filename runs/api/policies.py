"""Policies over REST: reading, saving, checking and replaying them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import DateTimeField

from budgets.api.authentication import caller_of
from budgets.core.access import Action, Caller
from budgets.selectors import teams_of
from routing.models import Policy
from routing.selectors.policies import policy_list
from routing.services import policies
from routing.services.replaying import replay_draft
from runs.api import schema
from runs.api.idempotency import answer_once
from runs.api.inputs import read_query
from runs.api.operation import Operation
from runs.api.paging import Pages, page_of
from runs.api.policy_inputs import (
    PolicyInput,
    PolicyQuery,
    ReplayInput,
)
from runs.api.policy_outputs import (
    CheckOutput,
    PolicyDetailOutput,
    PolicyOutput,
    ReplayOutput,
    replay_answer,
    with_teams,
)
from runs.core.refusals import InvalidSubmission
from runs.selectors.policy_target import Target, readable_teams, require, target_of
from runs.services.policy_saving import policy_get, save_target


class PoliciesInOrder(Pages):
    ordering = "id"


class ListPolicies(Operation):
    @extend_schema(
        operation_id="policies_list",
        summary="List the policies that hold for the caller",
        tags=["policies"],
        parameters=[PolicyQuery],
        responses={200: PolicyOutput(many=True), **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        require(caller, Action.READ_POLICIES)
        asked = read_query(PolicyQuery, request).validated_data
        rows = policy_list(caller)
        for name in ("scope", "name", "enabled"):
            if asked.get(name) is not None:
                rows = rows.filter(**{name: asked[name]})
        if asked.get("team"):
            rows = rows.filter(team_id__in=_teams(caller, asked["team"]))
        return page_of(PoliciesInOrder, self, rows, PolicyOutput, with_teams)


class CreatePolicy(Operation):
    @extend_schema(
        operation_id="policies_create",
        summary="Make a policy",
        description="Refused with 422 where it contradicts another one, or leaves no model; "
        "`POST /policies/check/` tells beforehand.",
        tags=["policies"],
        parameters=[schema.KEY],
        request=PolicyInput,
        responses={201: PolicyDetailOutput, **schema.WRITE},
    )
    def post(self, request: Request) -> HttpResponseBase:
        caller = caller_of(request)
        target = target_of(caller, request.data, Action.WRITE_POLICIES)

        return answer_once(self, lambda: _save(caller, None, target))


class PutPolicy(Operation):
    @extend_schema(
        operation_id="policies_put",
        summary="Save a policy by its name: a new one, or the next version",
        tags=["policies"],
        request=PolicyInput,
        responses={200: PolicyDetailOutput, 201: PolicyDetailOutput, **schema.WRITE},
    )
    def put(self, request: Request) -> Response:
        caller = caller_of(request)
        target = target_of(caller, request.data, Action.WRITE_POLICIES)
        row = Policy.objects.filter(org_id=target.org.pk, name=target.draft.name).first()
        return _save(caller, row, target)


class Policies(ListPolicies, CreatePolicy, PutPolicy):
    """The operations of one address."""


class ReadPolicy(Operation):
    @extend_schema(
        operation_id="policies_read",
        summary="Read a policy and all its versions",
        tags=["policies"],
        responses={200: PolicyDetailOutput, **schema.READ},
    )
    def get(self, request: Request, policy_id: int) -> Response:
        return _answer(policy_get(caller_of(request), policy_id))


class ChangePolicy(Operation):
    @extend_schema(
        operation_id="policies_change",
        summary="Save the next version of a policy",
        description="The whole policy is replaced. It keeps its name.",
        tags=["policies"],
        request=PolicyInput,
        responses={200: PolicyDetailOutput, **schema.WRITE},
    )
    def put(self, request: Request, policy_id: int) -> Response:
        caller = caller_of(request)
        row = policy_get(caller, policy_id)
        target = target_of(caller, request.data, Action.WRITE_POLICIES)
        return _save(caller, row, target)


class OnePolicy(ReadPolicy, ChangePolicy):
    """The operations of one address."""


class CheckPolicy(Operation):
    @extend_schema(
        operation_id="policies_check",
        summary="Find what is wrong with a draft, beside the policies there are",
        description="Nothing is stored.",
        tags=["policies"],
        request=PolicyInput,
        responses={200: CheckOutput, **schema.WRITE},
    )
    def post(self, request: Request) -> Response:
        target = target_of(caller_of(request), request.data, Action.READ_POLICIES)
        found = policies.check_policy(target.org.pk, target.draft, target.team, timezone.now())
        savable = not any(one.blocking for one in found)
        answer = {"savable": savable, "findings": [one.as_json() for one in found]}
        return Response(CheckOutput(answer).data)


class ReplayPolicy(Operation):
    @extend_schema(
        operation_id="policies_replay",
        summary="Tell what a draft would have done to past choices",
        description="The newest 5,000 choices of at most 31 days, by default of the last seven. "
        "Nothing is stored.",
        tags=["policies"],
        request=ReplayInput,
        responses={200: ReplayOutput, **schema.WRITE},
    )
    def post(self, request: Request) -> Response:
        caller = caller_of(request)
        data = request.data
        if not isinstance(data, Mapping) or set(data) - {"policy", "from", "to"}:
            raise InvalidSubmission({"body": ["Write an object with policy, from and to."]})
        until = _moment(data, "to") or timezone.now()
        since = _moment(data, "from") or until - timedelta(days=7)
        target = target_of(caller, data.get("policy"), Action.READ_POLICIES)
        teams = readable_teams(caller, target.org)
        policy = policies.policy_of(target.draft, target.team)
        try:
            done = replay_draft(target.org.pk, teams, policy, since, until)
        except ValueError as error:
            raise InvalidSubmission({"from": [str(error)]}) from error
        return Response(replay_answer(done))


def _save(caller: Caller, row: Policy | None, target: Target) -> Response:
    saved = _saved(lambda: save_target(caller, row, target, timezone.now()))
    return _answer(saved, 200 if row else 201)


def _saved(save: Callable[[], Policy]) -> Policy:
    try:
        return save()
    except policies.Contradictory as error:
        messages = [one.message for one in error.findings]
        raise InvalidSubmission({"rules": messages}) from error
    except policies.NameTaken as error:
        raise InvalidSubmission({"name": [str(error)]}) from error
    except policies.Outdated as error:
        raise InvalidSubmission({"version": [str(error)]}) from error


def _answer(row: Policy, status: int = 200) -> Response:
    (named,) = with_teams([row])
    return Response(PolicyDetailOutput(named).data, status=status)


def _moment(data: Mapping[str, Any], name: str) -> Any:
    if data.get(name) is None:
        return None
    if not isinstance(data[name], str):
        raise InvalidSubmission({name: ["Write a time such as 2026-11-30T12:00:00Z."]})
    return DateTimeField().run_validation(data[name])


def _teams(caller: Caller, slug: str) -> list[int]:
    org, _, name = slug.replace("\x00", "").rpartition("/")
    found = teams_of(caller).filter(slug=name, **({"org__slug": org} if org else {}))
    return [team.pk for team in found]
