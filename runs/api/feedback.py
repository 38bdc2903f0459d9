"""What people say of a task's output: saying it, and reading what others said."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action
from budgets.services.access import can
from runs.api import schema
from runs.api.idempotency import answer_once
from runs.api.inputs import FeedbackInput, read_body
from runs.api.operation import Operation
from runs.api.outputs import Read
from runs.api.paging import Pages, page_of
from runs.models import Feedback
from runs.selectors.runs import run_get
from runs.selectors.tasks import task_get
from runs.selectors.verdicts import giver_of, readable, verdict_list
from runs.services import feedback

FEEDBACK_EXAMPLE = OpenApiExample(
    "A verdict", {"score": 0.9, "comment": "right, and a little long"}, request_only=True
)


class FeedbackOutput(Read):
    """A verdict. `comment` is empty for who may not read texts."""

    id = serializers.IntegerField()
    task = serializers.CharField(source="task.key")
    by = serializers.SerializerMethodField(help_text="A person's name, or the key's.")
    score = serializers.FloatField()
    comment = serializers.CharField()
    at = serializers.DateTimeField()
    corrected_at = serializers.DateTimeField(
        allow_null=True, help_text="null: it stands as it was first given."
    )

    def get_by(self, verdict: Feedback) -> str:
        return giver_of(verdict)


class NewestVerdicts(Pages):
    ordering = "-id"


class ListFeedback(Operation):
    @extend_schema(
        operation_id="runs_feedback_list",
        summary="List what people said of a task's output, newest first",
        tags=["runs"],
        parameters=schema.PAGE,
        responses={200: schema.paged(FeedbackOutput), **schema.LIST},
    )
    def get(self, request: Request, run_id: UUID, key: str) -> Response:
        caller = caller_of(request)
        run = run_get(caller, run_id)
        task = task_get(run, key)
        texts = can(caller, Action.READ_TEXTS, run.team)

        def read(page: Iterable[Feedback]) -> list[Feedback]:
            return readable(page, texts=texts)

        rows = verdict_list(task).select_related("task", "by", "api_key")
        return page_of(NewestVerdicts, self, rows, FeedbackOutput, read)


class GiveFeedback(Operation):
    @extend_schema(
        operation_id="runs_feedback",
        summary="Judge a task's output",
        description="A person has one verdict on a task: judging again corrects it, what was "
        "learned of it included, and answers 200. A key adds a verdict each time.",
        tags=["runs"],
        parameters=[schema.KEY],
        request=FeedbackInput,
        examples=[FEEDBACK_EXAMPLE],
        responses={
            201: FeedbackOutput,
            200: OpenApiResponse(FeedbackOutput, "It was corrected, or is the same again."),
            **schema.WRITE,
        },
    )
    def post(self, request: Request, run_id: UUID, key: str) -> HttpResponseBase:
        caller = caller_of(request)
        task = task_get(run_get(caller, run_id, Action.WRITE_RUNS), key)
        given = read_body(FeedbackInput, request).validated_data

        now = timezone.now()

        def work() -> Response:
            verdict = feedback.give(caller, task, given["score"], given.get("comment", ""), now)
            status = 201 if verdict.at == now else 200
            return Response(FeedbackOutput(verdict).data, status=status)

        return answer_once(self, work)


class TaskFeedback(ListFeedback, GiveFeedback):
    """The operations of one address."""
