"""What the operations on runs answer; what tasks and dry runs do has modules of its own."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from runs.api.fields import MoneyField
from runs.core.rules import Phase
from runs.core.status import RunStatus
from runs.selectors.runs import RunReading

Read = serializers.Serializer[Any]


class PhaseMoney(Read):
    decomposition = MoneyField()
    generation = MoneyField()
    cross_review = MoneyField()
    evaluation = MoneyField()


class ResumeCandidate(Read):
    id = serializers.UUIDField()
    similarity = serializers.FloatField()
    rank = serializers.FloatField()
    same_text = serializers.BooleanField()


class RunOutput(Read):
    """A run. In lists `project` and `success_criteria` are their first 300 characters."""

    id = serializers.UUIDField(source="run.pk")
    team = serializers.CharField()
    project = serializers.CharField()
    success_criteria = serializers.CharField()
    status = serializers.ChoiceField([s.value for s in RunStatus], source="run.status")
    resumable = serializers.BooleanField()
    created_at = serializers.DateTimeField(source="run.created_at")
    started_at = serializers.DateTimeField(source="run.started_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="run.finished_at", allow_null=True)
    deadline_at = serializers.DateTimeField(source="run.deadline_at", allow_null=True)
    budget_usd = MoneyField(source="run.budget_nanousd")
    spent_usd = MoneyField(
        source="money.spent_nanousd", help_text="Charged so far, all attempts to resume included."
    )
    held_usd = MoneyField(
        source="money.reserved_nanousd", help_text="Reserved by the calls in flight."
    )
    phase_spent_usd = serializers.SerializerMethodField()
    score = serializers.FloatField(source="run.score", allow_null=True)
    tasks_total = serializers.IntegerField(source="run.tasks_total")
    tasks_done = serializers.IntegerField(source="run.tasks_done")
    calls = serializers.IntegerField(source="run.calls")
    input_tokens = serializers.IntegerField(source="run.input_tokens")
    output_tokens = serializers.IntegerField(source="run.output_tokens")
    resumed_from = serializers.UUIDField(source="run.resumed_from", allow_null=True)
    resume_candidates = ResumeCandidate(source="run.resume_candidates", many=True)
    labels = serializers.DictField(child=serializers.CharField(), source="run.labels")
    failure = serializers.JSONField(source="run.failure", allow_null=True)
    priority = serializers.IntegerField(source="run.priority")
    time_limit_seconds = serializers.IntegerField(source="run.time_limit_seconds")
    max_parallel_tasks = serializers.IntegerField(source="run.max_parallel_tasks")
    allowed_models = serializers.ListField(
        child=serializers.CharField(), source="run.allowed_models", allow_null=True
    )
    preference = serializers.CharField(source="run.preference")
    cache = serializers.CharField(source="run.cache")
    webhook_url = serializers.CharField(source="run.webhook_url")
    decomposition = serializers.CharField(
        source="run.decomposition",
        help_text="Where the tasks come from: planned, given, fallback, or empty: not yet.",
    )
    notes = serializers.ListField(child=serializers.CharField(), source="run.notes")
    url = serializers.SerializerMethodField()

    @extend_schema_field(PhaseMoney)
    def get_phase_spent_usd(self, reading: RunReading) -> dict[str, Any]:
        money = {phase.value: amount for phase, amount in reading.money.phases.items()}
        return dict(PhaseMoney({phase.value: money.get(phase.value, 0) for phase in Phase}).data)

    def get_url(self, reading: RunReading) -> str:
        return str(reverse("api-run", [reading.run.pk], request=self.context.get("request")))


class EventOutput(Read):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    type = serializers.CharField()
    payload = serializers.DictField()


class WebhookSecretOutput(Read):
    team = serializers.CharField()
    secret = serializers.CharField()
    header = serializers.CharField()
    scheme = serializers.CharField()
