"""What the usage operation takes and answers."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from runs.api.fields import MoneyField, WordField
from runs.api.outputs import Read
from runs.api.paging import MAX_PAGE_SIZE
from runs.core.filters import MAX_VALUE_CHARS, MAX_VALUES, PRESETS, read_moment
from runs.core.rules import Phase, TaskType
from runs.core.window import Moment
from runs.selectors.usage.table import Row
from telemetry.models import Outcome

GROUPS = ("model", "task_type", "team", "provider", "phase", "day", "hour")


@extend_schema_field({"type": "string", "example": "2026-11-20"})
class MomentField(serializers.CharField):
    """A day, or a moment with its offset."""

    default_error_messages = {
        "invalid": "Write a day (2026-11-20) or a moment with its offset (2026-11-20T10:00:00Z)."
    }

    def to_internal_value(self, data: Any) -> Moment:  # type: ignore[override]  # not a text
        moment = read_moment(str(data)[:40])
        if moment is None:
            self.fail("invalid")
        return moment


def names(**more: Any) -> Any:
    """Return a field of any number of names; none of them means all."""
    child = serializers.CharField(max_length=MAX_VALUE_CHARS)
    return serializers.ListField(child=child, max_length=MAX_VALUES, default=list, **more)


def choices(values: Any, **more: Any) -> Any:
    """Return a field of any of these values; none of them means all."""
    child = WordField([str(value) for value in values])
    return serializers.ListField(child=child, max_length=MAX_VALUES, default=list, **more)


class UsageQuery(serializers.Serializer[Any]):
    group_by = choices(GROUPS, help_text="Any of them, with commas; none: one row in all.")
    range = WordField(list(PRESETS), required=False)
    team = names(help_text="Slugs; org/slug where several have one.")
    task_type = choices(TaskType)
    model = names()
    provider = names()
    phase = choices(Phase)
    status = choices(Outcome.values, help_text="How calls ended. Scores have none.")
    format = WordField(["json", "csv", "focus"], default="json")
    page_size = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE_SIZE, default=MAX_PAGE_SIZE
    )
    cursor = serializers.CharField(default="", max_length=40)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with the one whose name Python keeps to itself."""
        limits = {
            "from": MomentField(required=False, help_text="A day, or a moment; included."),
            "to": MomentField(required=False, help_text="A day, included; or a moment, not."),
        }
        return super().get_fields() | limits


class ErrorsByOrigin(Read):
    provider = serializers.IntegerField(source="errors_provider")
    policy = serializers.IntegerField(source="errors_policy")
    budget = serializers.IntegerField(source="errors_budget")
    us = serializers.IntegerField(source="errors_us")


class FiguresOutput(Read):
    """Figures of one group. What is not known, or was not observed, is null."""

    calls = serializers.IntegerField(source="totals.calls")
    errors = serializers.IntegerField(  # type: ignore[assignment]  # a field, as all here
        source="totals.errors"
    )
    errors_by_origin = ErrorsByOrigin(source="totals")
    cost_usd = MoneyField(
        source="totals.known_cost_nanousd",
        allow_null=True,
        help_text="Of the calls whose price is known; null: of none.",
    )
    unpriced_calls = serializers.IntegerField(source="totals.unpriced_calls")
    input_tokens = serializers.IntegerField(source="totals.input_tokens")
    output_tokens = serializers.IntegerField(source="totals.output_tokens")
    cache_read_tokens = serializers.IntegerField(source="totals.cache_read_tokens")
    cache_write_tokens = serializers.IntegerField(source="totals.cache_write_tokens")
    reasoning_tokens = serializers.IntegerField(source="totals.reasoning_tokens")
    score_mean = serializers.SerializerMethodField()
    score_n = serializers.IntegerField(source="totals.score_n")
    score_interval = serializers.SerializerMethodField(
        help_text="The 95 % interval of the mean; null below two scores."
    )
    attempts = serializers.IntegerField(source="totals.attempts")
    accepted = serializers.IntegerField(source="totals.accepted")
    cost_per_accepted_usd = MoneyField(
        source="totals.cost_per_accepted_nanousd",
        allow_null=True,
        help_text="All that attempts took, reviews and judgements included, by accepted task.",
    )
    latency_p50_ms = serializers.SerializerMethodField()
    latency_p95_ms = serializers.SerializerMethodField()

    @extend_schema_field({"type": "number", "nullable": True})
    def get_score_mean(self, row: Row) -> float | None:
        return None if row.totals.score is None else round(row.totals.score.mean, 6)

    @extend_schema_field(
        {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2,
         "nullable": True}
    )  # fmt: skip
    def get_score_interval(self, row: Row) -> list[float] | None:
        score = row.totals.score
        if score is None or score.low is None or score.high is None:
            return None
        return [round(score.low, 6), round(score.high, 6)]

    @extend_schema_field({"type": "number", "nullable": True})
    def get_latency_p50_ms(self, row: Row) -> float | None:
        return rounded(row.totals.latency_ms(0.5)[0])

    @extend_schema_field({"type": "number", "nullable": True})
    def get_latency_p95_ms(self, row: Row) -> float | None:
        return rounded(row.totals.latency_ms(0.95)[0])


class UsageRow(FiguresOutput):
    model = serializers.CharField(required=False)
    task_type = serializers.CharField(required=False)
    team = serializers.CharField(required=False)
    provider = serializers.CharField(required=False)
    phase = serializers.CharField(required=False)
    day = serializers.DateField(required=False)
    hour = serializers.DateTimeField(required=False)

    def to_representation(self, instance: Row) -> dict[str, Any]:
        """Write the group first, and of it only what was asked for."""
        figures = FiguresOutput(instance).data
        return {name: shown(value) for name, value in instance.group.items()} | figures


class UsageOutput(Read):
    to = serializers.DateTimeField()
    group_by = serializers.ListField(child=serializers.CharField())
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    total = FiguresOutput()
    results = UsageRow(many=True)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with the one whose name Python keeps to itself."""
        return {"from": serializers.DateTimeField()} | super().get_fields()


def shown(value: Any) -> str:
    """Write the name of a group: a moment in UTC, a day, or a text."""
    if not hasattr(value, "isoformat"):
        return str(value)
    at = value.astimezone(UTC) if hasattr(value, "astimezone") else value
    return str(at.isoformat()).replace("+00:00", "Z")


def rounded(latency_ms: float | None) -> float | None:
    """Return a latency without decimals that no histogram knows."""
    return None if latency_ms is None else round(latency_ms, 1)
