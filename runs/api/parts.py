"""Reading what a run consists of: its tasks, its calls and what it produced."""

from __future__ import annotations

import io
import zipfile
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action
from budgets.services.access import can
from runs.api import schema
from runs.api.operation import Operation
from runs.api.paging import CallsInOrder, TasksInOrder, page_of
from runs.api.task_shapes import CallOutput, TaskDetailOutput, TaskOutput
from runs.core.outputs import output_files, unique_names
from runs.selectors.runs import run_get
from runs.selectors.tasks import (
    call_list,
    outputs_of,
    task_detail,
    task_get,
    task_list,
    task_readings,
)
from telemetry.selectors.corrections import correct_in_memory

# The oldest date a zip can tell: the same output is then the same bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class ListTasks(Operation):
    @extend_schema(
        operation_id="runs_tasks",
        summary="List a run's tasks",
        tags=["runs"],
        parameters=schema.PAGE,
        responses={200: schema.paged(TaskOutput), **schema.LIST},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        run = run_get(caller_of(request), run_id)
        return page_of(TasksInOrder, self, task_list(run), TaskOutput, task_readings)


class ReadTask(Operation):
    @extend_schema(
        operation_id="runs_task",
        summary="Read a task: prompt, output, attempts, and why each call went where it went",
        description="Texts are empty for auditors, who see what was decided and not what was "
        "written.",
        tags=["runs"],
        responses={200: TaskDetailOutput, **schema.READ},
    )
    def get(self, request: Request, run_id: UUID, key: str) -> Response:
        caller = caller_of(request)
        run = run_get(caller, run_id)
        texts = can(caller, Action.READ_TEXTS, run.team)
        return Response(TaskDetailOutput(task_detail(task_get(run, key), texts=texts)).data)


class ListCalls(Operation):
    @extend_schema(
        operation_id="runs_calls",
        summary="List every call of a run, oldest first",
        tags=["runs"],
        parameters=schema.PAGE,
        responses={200: schema.paged(CallOutput), **schema.LIST},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        run = run_get(caller_of(request), run_id)
        return page_of(CallsInOrder, self, call_list(run), CallOutput, correct_in_memory)


class DownloadOutput(Operation):
    @extend_schema(
        operation_id="runs_output",
        summary="Download the files and texts that a run produced",
        tags=["runs"],
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, "A zip archive."),
            **schema.READ,
        },
    )
    def get(self, request: Request, run_id: UUID) -> HttpResponse:
        run = run_get(caller_of(request), run_id, Action.READ_TEXTS)
        return HttpResponse(
            archive(outputs_of(run)),
            content_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="run-{run.pk}.zip"',
                "X-Content-Type-Options": "nosniff",
            },
        )


def archive(outputs: list[tuple[str, str, str]]) -> bytes:
    """Return a zip of the files in these outputs (key, type, text), each under a safe name."""
    files = [file for key, kind, text in outputs for file in output_files(key, kind, text)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        names = unique_names(file.name for file in files)
        for name, file in zip(names, files, strict=True):
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, file.content.encode("utf-8", "replace"))
    return buffer.getvalue()
