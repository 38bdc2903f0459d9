"""The log of decisions over REST, to be read."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action
from budgets.selectors import teams_of
from routing.selectors.decisions import (
    DecisionFilters,
    decision_get,
    decision_list,
    rule_behind,
)
from runs.api import schema
from runs.api.inputs import read_query
from runs.api.operation import Operation
from runs.api.paging import CallsInOrder, page_of
from runs.api.policy_inputs import DecisionQuery
from runs.api.policy_outputs import DecisionRowOutput, DecisionWholeOutput, with_teams
from runs.core.refusals import NotVisible
from runs.selectors.policy_target import require

# What a list leaves in the database: candidates with all their figures.
_WHOLE = ("inputs", "candidates")


class NewestDecisions(CallsInOrder):
    ordering = "-id"


class ListDecisions(Operation):
    @extend_schema(
        operation_id="policy_decisions_list",
        summary="List decisions, newest first",
        description="Choices of models (kind route), refusals of budgets and policies, warnings "
        "of policies, and changes that people made. They hold no prompt and no output.",
        tags=["policies"],
        parameters=[DecisionQuery],
        responses={200: DecisionRowOutput(many=True), **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        require(caller, Action.READ_DECISIONS)
        asked = dict(read_query(DecisionQuery, request).validated_data)
        slug = asked.pop("team", "")
        filters = DecisionFilters(
            outcome=tuple(asked.pop("outcome", ())),
            kind=tuple(asked.pop("kind", ())),
            since=asked.pop("from", None),
            until=asked.pop("to", None),
            **asked,
        )
        rows = decision_list(caller, filters).defer(*_WHOLE)
        if slug:
            org, _, name = slug.rpartition("/")
            teams = teams_of(caller).filter(slug=name, **({"org__slug": org} if org else {}))
            rows = rows.filter(team_id__in=[team.pk for team in teams])
        return page_of(NewestDecisions, self, rows, DecisionRowOutput, with_teams)


class ReadDecision(Operation):
    @extend_schema(
        operation_id="policy_decisions_read",
        summary="Read a decision: inputs, candidates, what removed whom, and the rule's text",
        tags=["policies"],
        responses={200: DecisionWholeOutput, **schema.READ},
    )
    def get(self, request: Request, decision_id: UUID) -> Response:
        caller = caller_of(request)
        row = decision_get(caller, decision_id)
        if row is None:
            raise NotVisible("There is no such decision.")
        (named,) = with_teams([row])
        return Response(DecisionWholeOutput(named, context={"rule": rule_behind(row)}).data)
