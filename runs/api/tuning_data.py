"""Data sets to learn from, and what proposals assume, over REST."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action
from budgets.services.access import can
from runs.api import schema
from runs.api.idempotency import answer_once
from runs.api.inputs import read_body, read_query
from runs.api.operation import Operation
from runs.api.paging import NewestFirst, page_of
from runs.api.places import org_of, place_of
from runs.api.tuning_shapes import (
    ASSUMPTIONS_EXAMPLE,
    AssumptionsOutput,
    DatasetInput,
    DatasetOutput,
    OrgQuery,
)
from runs.core.refusals import InvalidSubmission, NotVisible
from runs.core.tuning.assumptions import InvalidAssumption, as_json
from runs.core.tuning.dataset import FORMATS, Part
from runs.selectors.runs import refusal
from runs.selectors.tuning.assumptions import assumptions_of
from runs.selectors.tuning.examples import Kind
from runs.selectors.tuning.places import places_of
from runs.selectors.tuning.stored import dataset_get, datasets_of
from runs.services.tuning.assumptions import change_assumptions
from runs.services.tuning.datasets import ask_for_dataset, chunks_in_turn, chunks_of, log_download


class ListDatasets(Operation):
    @extend_schema(
        operation_id="tuning_data_sets_list",
        summary="List data sets with their reports, newest first",
        tags=["tuning"],
        parameters=schema.PAGE,
        responses={200: schema.paged(DatasetOutput), **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        if not places_of(caller, Action.READ_TEXTS):
            raise PermissionDenied(refusal(caller, Action.READ_TEXTS))
        return page_of(NewestFirst, self, datasets_of(caller).defer("examples"), DatasetOutput)


class MakeDataset(Operation):
    @extend_schema(
        operation_id="tuning_data_sets_create",
        summary="Have accepted outputs chosen as examples to learn from",
        description="A worker does it: read the data set until its state is `done`. Left out is "
        "what policies keep from training, what was not accepted, and duplicates.",
        tags=["tuning"],
        parameters=[schema.KEY],
        request=DatasetInput,
        responses={201: DatasetOutput, **schema.WRITE},
    )
    def post(self, request: Request) -> HttpResponseBase:
        caller = caller_of(request)
        given = read_body(DatasetInput, request).validated_data
        place = place_of(caller, given.get("team", ""), Action.READ_TEXTS)
        kind = Kind(given["task_type"], given.get("validator", ""))

        def work() -> Response:
            made = ask_for_dataset(place, kind, actor=caller.name, now=timezone.now())
            return Response(DatasetOutput(made).data, status=201)

        return answer_once(self, work)


class Datasets(ListDatasets, MakeDataset):
    """The operations of one address."""


class ReadDataset(Operation):
    @extend_schema(
        operation_id="tuning_data_sets_read",
        summary="Read a data set's report: counts, what was left out, what was hidden",
        tags=["tuning"],
        responses={200: DatasetOutput, **schema.READ},
    )
    def get(self, request: Request, dataset_id: UUID) -> Response:
        return Response(DatasetOutput(dataset_get(caller_of(request), dataset_id)).data)


class DownloadDataset(Operation):
    @extend_schema(
        operation_id="tuning_data_sets_download",
        summary="Download one file of a data set as JSONL",
        description="`form` is `openai` (chat messages) or `gemini`, `part` is `train` or "
        "`validation`. Secrets and personal data are hidden; every download is recorded.",
        tags=["tuning"],
        responses={
            (200, "application/jsonl"): OpenApiResponse(OpenApiTypes.STR),
            **schema.READ,
        },
    )
    def get(self, request: Request, dataset_id: UUID, form: str, part: str) -> HttpResponseBase:
        caller = caller_of(request)
        dataset = dataset_get(caller, dataset_id)
        if form not in FORMATS or part not in set(Part):
            raise NotVisible(
                f"There is no such file: the form is one of {', '.join(FORMATS)}, the part one of "
                f"{', '.join(Part)}."
            )
        log_download(dataset, form, Part(part), actor=caller.name, now=timezone.now())
        chunks = chunks_of(dataset, form, Part(part))
        in_loop = isinstance(request._request, ASGIRequest)
        name = f"{dataset.task_type}-{form}-{part}.jsonl"
        return StreamingHttpResponse(
            chunks_in_turn(chunks) if in_loop else chunks,
            content_type="application/jsonl",
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "X-Content-Type-Options": "nosniff",
            },
        )


class ReadAssumptions(Operation):
    @extend_schema(
        operation_id="tuning_assumptions_read",
        summary="Read what proposals to tune take for granted",
        tags=["tuning"],
        parameters=[OrgQuery],
        responses={200: AssumptionsOutput, **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        org = org_of(caller, read_query(OrgQuery, request).validated_data.get("org", ""))
        return Response(as_json(assumptions_of(org.pk)))


class ChangeAssumptions(Operation):
    @extend_schema(
        operation_id="tuning_assumptions_change",
        summary="Change assumptions; what is left out stays",
        description="`base_models` is replaced as a whole. Prices are US dollars per million "
        "tokens, each with the day on which it held and its source. Every change is recorded.",
        tags=["tuning"],
        parameters=[OrgQuery],
        request=AssumptionsOutput(partial=True),
        examples=[ASSUMPTIONS_EXAMPLE],
        responses={200: AssumptionsOutput, **schema.WRITE},
    )
    def patch(self, request: Request) -> Response:
        caller = caller_of(request)
        org = org_of(caller, read_query(OrgQuery, request).validated_data.get("org", ""))
        if not can(caller, Action.STEER_ROUTING, org):
            raise PermissionDenied(refusal(caller, Action.STEER_ROUTING))
        try:
            changed = change_assumptions(
                org, dict(request.data or {}), actor=caller.name, now=timezone.now()
            )
        except InvalidAssumption as refused:
            said = {name: [sentence] for name, sentence in refused.errors.items()}
            raise InvalidSubmission(said) from refused
        return Response(as_json(changed))


class ManageAssumptions(ReadAssumptions, ChangeAssumptions):
    """The operations of one address."""
