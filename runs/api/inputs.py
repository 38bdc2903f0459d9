"""What the operations on runs take, in body and query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from runs.api.fields import (
    MoneyField,
    StrictSerializer,
    TextField,
    UnitIntervalField,
    WholeNumberField,
    WordField,
    YesNoField,
)
from runs.core.rules import LIMITS, TaskType
from runs.core.submission import (
    MAX_LABEL_CHARS,
    MAX_LABELS,
    MAX_PARALLEL_TASKS,
    MAX_TIME_LIMIT_SECONDS,
    Submission,
)

LABEL_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
MAX_SEQ = 2**63 - 1


class LabelsField(serializers.DictField):
    """A flat object of short texts."""

    child = TextField(max_length=MAX_LABEL_CHARS, allow_blank=True)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, Mapping):
            if len(data) > MAX_LABELS:
                raise ValidationError(f"At most {MAX_LABELS} labels.")
            if bad := [key for key in data if not LABEL_KEY.fullmatch(str(key))]:
                raise ValidationError(
                    f"The label {str(bad[0])[:60]!r} is not a letter followed by at most 62 "
                    "letters, digits and . _ -"
                )
        return dict(super().to_internal_value(data))


class ResumeField(serializers.CharField):
    """`auto`, `never`, or the id of a run."""

    def to_internal_value(self, data: Any) -> Any:
        if data in ("auto", "never"):
            return data
        try:
            return UUID(data)
        except (TypeError, ValueError, AttributeError):
            raise ValidationError('Write "auto", "never" or the id of a run.') from None


class TaskInput(StrictSerializer):
    key = TextField(max_length=64)
    type = serializers.CharField(help_text=f"One of {', '.join(TaskType)}.")
    prompt = TextField(max_length=LIMITS.max_prompt_chars)
    depends_on = serializers.ListField(child=TextField(max_length=64), required=False)
    validators = serializers.ListField(  # type: ignore[assignment]  # a field, as all here
        child=serializers.JSONField(),
        required=False,
        help_text='Names, or objects such as {"name": "length", "options": {"min": 10}}.',
    )
    acceptance_threshold = UnitIntervalField(required=False, allow_null=True)


class SubmitInput(StrictSerializer):
    project = TextField(max_length=LIMITS.max_project_chars)
    success_criteria = TextField(
        max_length=LIMITS.max_criteria_chars, required=False, allow_blank=True, allow_null=True
    )
    team = TextField(
        max_length=101,
        required=False,
        allow_null=True,
        help_text="Slug of the team that pays; only needed by people of several teams.",
    )
    budget_usd = MoneyField(required=False, allow_null=True)
    time_limit_seconds = WholeNumberField(
        min_value=1, max_value=MAX_TIME_LIMIT_SECONDS, required=False, allow_null=True
    )
    resume = ResumeField(required=False, help_text='"auto", "never" or the id of a run.')
    priority = WholeNumberField(min_value=-100, max_value=100, required=False)
    labels = LabelsField(required=False)
    webhook_url = TextField(max_length=500, required=False, allow_blank=True, allow_null=True)
    max_parallel_tasks = WholeNumberField(
        min_value=1, max_value=MAX_PARALLEL_TASKS, required=False, allow_null=True
    )
    allowed_models = serializers.ListField(
        child=TextField(max_length=128),
        required=False,
        allow_null=True,
        allow_empty=False,
        max_length=200,
    )
    preference = WordField(["quality", "balanced", "cost"], required=False)
    cache = WordField(["auto", "never"], required=False)
    tasks = serializers.ListField(
        child=TaskInput(), required=False, allow_null=True, max_length=LIMITS.max_tasks
    )
    dry_run = YesNoField(required=False)

    def submission(self) -> Submission:
        """Return what was asked for; null and absent mean the same."""
        given = {name: value for name, value in self.validated_data.items() if value is not None}
        given.pop("dry_run", None)
        if "budget_usd" in given:
            given["budget_nanousd"] = given.pop("budget_usd")
        return Submission(**given)

    @property
    def is_dry_run(self) -> bool:
        return bool(self.validated_data.get("dry_run", False))


class ResumeInput(StrictSerializer):
    budget_usd = MoneyField(
        required=False, allow_null=True, help_text="The whole budget of the run from now on."
    )
    time_limit_seconds = WholeNumberField(
        min_value=1, max_value=MAX_TIME_LIMIT_SECONDS, required=False, allow_null=True,
        help_text="Counted from when the run goes on.",
    )  # fmt: skip


class NothingInput(StrictSerializer):
    """An empty body, or an empty object."""


class FeedbackInput(StrictSerializer):
    score = UnitIntervalField()
    comment = TextField(max_length=5_000, required=False, allow_blank=True)


class EventQuery(serializers.Serializer[Any]):
    since = serializers.IntegerField(min_value=0, max_value=MAX_SEQ, required=False, default=0)


def check_order(attrs: Mapping[str, Any], first: str, last: str) -> None:
    """Raises: ValidationError for a range that ends before it begins."""
    if first in attrs and last in attrs and attrs[first] > attrs[last]:
        raise ValidationError({first: [f"The range must begin before `{last}`, where it ends."]})


def read_body(kind: type[serializers.Serializer[Any]], request: Request) -> Any:
    """Return the validated serializer of a body. Raises: ValidationError."""
    serializer = kind(data=request.data or {})
    serializer.is_valid(raise_exception=True)
    return serializer


def read_query(kind: type[serializers.Serializer[Any]], request: Request) -> Any:
    """Return the validated serializer of a query; lists may also be written with commas.

    Raises: ValidationError, marked as one of the query.
    """
    data: dict[str, Any] = {}
    for name, field in kind().fields.items():
        values = [value for value in request.query_params.getlist(name) if value != ""]
        if isinstance(field, serializers.ListField):
            values = [part for value in values for part in value.split(",") if part]
        if isinstance(field, serializers.DateTimeField):
            values = [value.replace(" ", "+") for value in values]  # an unescaped + of an offset
        if values:
            data[name] = values if isinstance(field, serializers.ListField) else values[-1]
    serializer = kind(data=data)
    if not serializer.is_valid():
        error = ValidationError(serializer.errors)
        error.in_query = True  # type: ignore[attr-defined]
        raise error
    return serializer
