"""Proposals to tune a model over REST, and the models that came of them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action
from budgets.core.money import format_usd
from routing.models import Recommendation
from runs.api import schema
from runs.api.idempotency import answer_once
from runs.api.inputs import read_body
from runs.api.operation import Operation
from runs.api.paging import NewestFirst, page_of
from runs.api.places import place_of, readable_places, require
from runs.api.proposal_shapes import (
    PROPOSAL_EXAMPLE,
    ModelInput,
    ProposalInput,
    ProposalLineOutput,
    ProposalOutput,
    ReckoningOutput,
)
from runs.core.refusals import InvalidSubmission
from runs.selectors.tuning.examples import Kind
from runs.selectors.tuning.stored import proposal_get, proposals_of
from runs.services.tuning.proposals import Reckoning, propose, reckon
from runs.services.tuning.returns import NotRegistrable, keep_returns, register_model, returns_of


class ListProposals(Operation):
    @extend_schema(
        operation_id="tuning_proposals_list",
        summary="List proposals to tune, newest first",
        description="What their models brought is told when one is read.",
        tags=["tuning"],
        parameters=schema.PAGE,
        responses={200: schema.paged(ProposalLineOutput), **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        places = readable_places(caller_of(request))
        return page_of(NewestFirst, self, proposals_of(places), ProposalLineOutput)


class Propose(Operation):
    @extend_schema(
        operation_id="tuning_proposals_create",
        summary="Reckon what tuning a model for a kind of task would bring, and keep it",
        description="Refused with 422 where there are too few examples, where nothing is known of "
        "such tasks, and where nothing is saved for sure. `dry_run` answers 200 with what each "
        "base model would bring, and keeps nothing; reading figures is enough for it.",
        tags=["tuning"],
        parameters=[schema.KEY],
        request=ProposalInput,
        examples=[PROPOSAL_EXAMPLE],
        responses={
            201: ProposalOutput,
            200: OpenApiResponse(ReckoningOutput, "What each base model would bring."),
            **schema.WRITE,
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        caller, now = caller_of(request), timezone.now()
        given = read_body(ProposalInput, request).validated_data
        tries = given.get("dry_run", False)
        right = Action.READ_USAGE if tries else Action.STEER_ROUTING
        place = place_of(caller, given.get("team", ""), right)
        kind = Kind(given["task_type"], given.get("validator", ""))

        def work() -> Response:
            reckoned = reckon(place, kind, now)
            if tries:
                return Response(ReckoningOutput(reckoned).data)
            offers = {one.base.name: one for one in reckoned.offers if one.is_sure}
            name = given.get("base_model")
            offer = reckoned.best if name is None else offers.get(name)
            if offer is None:
                raise InvalidSubmission({"base_model": [_why_none(reckoned, name)]})
            made = propose(reckoned, offer, actor=caller.name, now=now)
            return Response(ProposalOutput(made).data, status=201)

        return answer_once(self, work)


class Proposals(ListProposals, Propose):
    """The operations of one address."""


class ReadProposal(Operation):
    @extend_schema(
        operation_id="tuning_proposals_read",
        summary="Read a proposal, and what the model that came of it brought",
        tags=["tuning"],
        responses={200: ProposalOutput, **schema.READ},
    )
    def get(self, request: Request, proposal_id: UUID) -> Response:
        row, _ = proposal_get(caller_of(request), proposal_id)
        return _answer(row)


class RegisterModel(Operation):
    @extend_schema(
        operation_id="tuning_proposals_model",
        summary="Link the tuned model to its proposal, so that its return is counted",
        tags=["tuning"],
        parameters=[schema.KEY],
        request=ModelInput,
        responses={200: ProposalOutput, **schema.WRITE},
    )
    def post(self, request: Request, proposal_id: UUID) -> HttpResponseBase:
        caller, now = caller_of(request), timezone.now()
        row, place = proposal_get(caller, proposal_id)
        require(caller, Action.STEER_ROUTING, place)
        given = read_body(ModelInput, request).validated_data

        def work() -> Response:
            try:
                made = register_model(
                    row, given["model"], given.get("training_usd"), actor=caller.name, now=now
                )
            except NotRegistrable as refused:
                raise InvalidSubmission({"model": [str(refused)]}) from refused
            keep_returns(made, now)
            return _answer(made)

        return answer_once(self, work)


def _answer(row: Recommendation) -> Response:
    context = {"returns": returns_of(row, timezone.now())}
    return Response(ProposalOutput(row, context=context).data)


def _why_none(reckoned: Reckoning, name: str | None) -> str:
    if name is not None and reckoned.assumptions.base(name) is None:
        names = ", ".join(one.name for one in reckoned.assumptions.base_models)
        return f"“{name[:60]}” is no base model of your assumptions: these are {names}."
    if reckoned.missing:
        return f"Insufficient examples: {reckoned.missing} more are needed."
    if reckoned.facts is None:
        return "No such task was done in the last month with calls whose cost is known."
    found = reckoned.offers[0].estimate.saving_nanousd if reckoned.offers else None
    likely = f" At best {format_usd(max(0, round(found.high)))} USD a month." if found else ""
    return f"Nothing is saved for sure.{likely}"
