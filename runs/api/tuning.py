"""Patterns of failure over REST."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action
from runs.api import schema
from runs.api.idempotency import answer_once
from runs.api.inputs import read_body
from runs.api.operation import Operation
from runs.api.paging import NewestFirst, page_of
from runs.api.places import place_of, readable_places
from runs.api.tuning_shapes import (
    AnalysisInput,
    AnalysisOutput,
    AnalysisWholeOutput,
)
from runs.selectors.tuning.places import Place
from runs.selectors.tuning.stored import (
    analyses_of,
    analysis_get,
    patterns_of,
)
from runs.services.tuning.analysis import ask_for_analysis


class ListAnalyses(Operation):
    @extend_schema(
        operation_id="tuning_analyses_list",
        summary="List looks for patterns of failure, newest first",
        tags=["tuning"],
        parameters=schema.PAGE,
        responses={200: schema.paged(AnalysisOutput), **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        readable_places(caller)
        rows = analyses_of(caller).select_related("team")
        return page_of(NewestFirst, self, rows, AnalysisOutput)


class AskForAnalysis(Operation):
    @extend_schema(
        operation_id="tuning_analyses_create",
        summary="Have failed and low-scored attempts of 90 days looked through for patterns",
        description="A worker does it: read the analysis until its state is `done`.",
        tags=["tuning"],
        parameters=[schema.KEY],
        request=AnalysisInput,
        responses={201: AnalysisOutput, **schema.WRITE},
    )
    def post(self, request: Request) -> HttpResponseBase:
        caller = caller_of(request)
        given = read_body(AnalysisInput, request).validated_data
        place = place_of(caller, given.get("team", ""), Action.READ_TEXTS)

        def work() -> Response:
            made = ask_for_analysis(place, actor=caller.name, now=timezone.now())
            return Response(AnalysisOutput(made).data, status=201)

        return answer_once(self, work)


class Analyses(ListAnalyses, AskForAnalysis):
    """The operations of one address."""


class ReadAnalysis(Operation):
    @extend_schema(
        operation_id="tuning_analyses_read",
        summary="Read a look with its patterns, the dearest first",
        tags=["tuning"],
        responses={200: AnalysisWholeOutput, **schema.READ},
    )
    def get(self, request: Request, analysis_id: UUID) -> Response:
        caller = caller_of(request)
        row = analysis_get(caller, analysis_id)
        texts = Place(row.org, row.team).allows(caller, Action.READ_TEXTS)
        context = {"patterns": patterns_of(row, texts=texts)}
        return Response(AnalysisWholeOutput(row, context=context).data)
