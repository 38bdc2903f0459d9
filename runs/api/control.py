"""Stopping a run, and going on with one."""

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
from runs.api.inputs import NothingInput, ResumeInput, read_body
from runs.api.operation import Operation
from runs.api.outputs import RunOutput
from runs.api.runs import run_answer
from runs.core.refusals import NoCommonModel
from runs.selectors.runs import run_get
from runs.services import lifecycle
from runs.services.narrowing import record_no_common_model


class CancelRun(Operation):
    @extend_schema(
        operation_id="runs_cancel",
        summary="Stop a run",
        description="Finished tasks are kept. Asking twice does no harm; 409 once it has ended.",
        tags=["runs"],
        parameters=[schema.KEY],
        request=None,
        responses={200: RunOutput, **schema.WRITE},
    )
    def post(self, request: Request, run_id: UUID) -> HttpResponseBase:
        caller = caller_of(request)
        run = run_get(caller, run_id, Action.WRITE_RUNS)
        read_body(NothingInput, request)

        def work() -> Response:
            return run_answer(request, lifecycle.cancel(run.pk, timezone.now(), by=caller.name))

        return answer_once(self, work)


class ResumeRun(Operation):
    @extend_schema(
        operation_id="runs_resume",
        summary="Go on with an interrupted run",
        description="Finished tasks are kept and not paid for again. A run that used its budget "
        "up needs a larger `budget_usd`. 409 for a run that is terminal, still going on, or of "
        "an archived team; 403 for a key that may use none of its models.",
        tags=["runs"],
        parameters=[schema.KEY],
        request=ResumeInput,
        responses={200: RunOutput, **schema.MONEY},
    )
    def post(self, request: Request, run_id: UUID) -> HttpResponseBase:
        caller = caller_of(request)
        run = run_get(caller, run_id, Action.WRITE_RUNS)
        given = read_body(ResumeInput, request).validated_data

        def work() -> Response:
            resumed = lifecycle.resume(
                run.pk,
                timezone.now(),
                budget_nanousd=given.get("budget_usd"),
                time_limit_seconds=given.get("time_limit_seconds"),
                by=caller.name,
                models=caller.models,
            )
            return run_answer(request, resumed)

        def note(error: Exception) -> None:
            if isinstance(error, NoCommonModel):
                record_no_common_model(error, caller.name, timezone.now())

        return answer_once(self, work, on_refusal=note)
