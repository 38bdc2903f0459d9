"""Submitting runs, listing them, and reading one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action
from runs.api import schema
from runs.api.dry_run_shapes import DryRunOutput
from runs.api.idempotency import answer_once
from runs.api.inputs import SubmitInput, read_body, read_query
from runs.api.operation import Operation
from runs.api.outputs import RunOutput
from runs.api.paging import NewestFirst, page_of
from runs.api.run_query import RunQuery
from runs.core.refusals import DeniedByPolicy
from runs.models import Run
from runs.selectors.runs import list_readings, require_anywhere, run_get, run_list, run_reading
from runs.services import submission
from runs.services.rehearsal import Rehearsal, rehearse


def run_answer(request: Request, run: Run, status: int = 200) -> Response:
    """Answer with one run in full."""
    output = RunOutput(run_reading(run), context={"request": request})
    return Response(output.data, status=status)


class ListRuns(Operation):
    @extend_schema(
        operation_id="runs_list",
        summary="List runs, newest first",
        description="`project` and `success_criteria` are cut to 300 characters.",
        tags=["runs"],
        parameters=[RunQuery, *schema.PAGE],
        responses={200: schema.paged(RunOutput), **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        require_anywhere(caller, Action.READ_RUNS)
        filters = read_query(RunQuery, request).filters()
        return page_of(NewestFirst, self, run_list(caller, filters), RunOutput, list_readings)


class SubmitRun(Operation):
    @extend_schema(
        operation_id="runs_submit",
        summary="Submit a run",
        description="The run is queued, not done. With `dry_run` nothing is stored, queued or "
        "spent, and the answer is 200 with a forecast.",
        tags=["runs"],
        parameters=[schema.KEY],
        request=SubmitInput,
        examples=[schema.SUBMIT_EXAMPLE, schema.PLANNED_EXAMPLE],
        responses={
            201: RunOutput,
            200: OpenApiResponse(DryRunOutput, "The forecast of a dry run."),
            **schema.MONEY,
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        caller = caller_of(request)
        require_anywhere(caller, Action.WRITE_RUNS)
        wanted = read_body(SubmitInput, request)
        now = timezone.now()
        if wanted.is_dry_run:
            return Response(
                dry_run(rehearse(submission.check(caller, wanted.submission(), now), now))
            )
        judged: list[tuple[submission.Checked, DeniedByPolicy | None]] = []

        def judge() -> None:
            checked = submission.check(caller, wanted.submission(), now)
            judged.append((checked, submission.policy_denial(checked, now)))

        def note(error: Exception) -> None:
            submission.note_refusal(judged[0][0], error, now)

        def work() -> Response:
            checked, denial = judged[0]
            if denial is not None:
                raise denial
            return run_answer(request, submission.store(checked, now), 201)

        return answer_once(self, work, prepare=judge, on_refusal=note)


class Runs(ListRuns, SubmitRun):
    """The two operations of one address."""


class ReadRun(Operation):
    @extend_schema(
        operation_id="runs_read",
        summary="Read a run",
        tags=["runs"],
        responses={200: RunOutput, **schema.READ},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        return run_answer(request, run_get(caller_of(request), run_id))


def dry_run(rehearsal: Rehearsal) -> Any:
    """Return what a dry run answers."""
    ahead = rehearsal.preview
    return DryRunOutput(
        {
            "dry_run": True,
            "team": rehearsal.checked.team.slug,
            "budget_usd": rehearsal.checked.budget_nanousd,
            "forecast": ahead,
            "policy": {
                "outcome": "deny" if rehearsal.refusal else "allow",
                "reason": rehearsal.refusal,
                "policy": rehearsal.denial.policy if rehearsal.denial else None,
                "version": rehearsal.denial.version if rehearsal.denial else None,
            },
            "budget": {
                "outcome": "allow" if rehearsal.has_room else "deny",
                "requested_usd": rehearsal.requested_nanousd,
                "free_usd": ahead.free_nanousd,
            },
            "models": ahead.steps,
            "resume_candidates": rehearsal.resume_candidates,
        }
    ).data
