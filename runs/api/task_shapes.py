"""What is told of a task: its attempts, its calls and why each went to its model."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from runs.api.fields import MoneyField
from runs.api.outputs import Read
from runs.core.rules import TaskType
from runs.core.status import TaskStatus


class ValidatorResult(Read):
    name = serializers.CharField()
    status = serializers.CharField(allow_null=True, help_text="null: it has not run yet.")
    message = serializers.CharField()


class TaskOutput(Read):
    key = serializers.CharField(source="task.key")
    type = serializers.ChoiceField([kind.value for kind in TaskType], source="task.type")
    status = serializers.ChoiceField([s.value for s in TaskStatus], source="task.status")
    depends_on = serializers.ListField(child=serializers.CharField(), source="task.depends_on")
    threshold = serializers.FloatField(source="task.threshold")
    score = serializers.FloatField(source="task.score", allow_null=True)
    model = serializers.CharField(source="task.model")
    reviewer = serializers.CharField(source="task.reviewer")
    iterations = serializers.IntegerField(source="task.iterations")
    cost_usd = MoneyField(source="task.cost_nanousd")
    validators = ValidatorResult(many=True)  # type: ignore[assignment]  # a field, as all here
    failure = serializers.CharField(source="task.failure")
    started_at = serializers.DateTimeField(source="task.started_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="task.finished_at", allow_null=True)


class AttemptOutput(Read):
    number = serializers.IntegerField()
    kind = serializers.CharField()
    model = serializers.CharField()
    provider = serializers.CharField()
    escalate_to = serializers.CharField(
        help_text="The better model of a cascade, to go to if this attempt falls short; or empty."
    )
    reviewer = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    judgements = serializers.ListField(child=serializers.DictField())
    validators = serializers.ListField(  # type: ignore[assignment]  # a field, as all here
        child=serializers.DictField()
    )
    validators_passed = serializers.BooleanField(
        allow_null=True, help_text="null: none failed, but one could not run."
    )
    notes = serializers.ListField(child=serializers.CharField())
    cost_usd = MoneyField(source="cost_nanousd")
    critique = serializers.CharField(source="text.critique")
    output = serializers.CharField(source="text.output")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()


class CallOutput(Read):
    """One request to one model. Tokens and costs are null where the provider did not tell."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    phase = serializers.CharField()
    task = serializers.CharField(source="task_key")
    attempt = serializers.IntegerField()
    task_type = serializers.CharField()
    provider = serializers.CharField()
    model = serializers.CharField()
    outcome = serializers.CharField()
    error_class = serializers.CharField()
    error_origin = serializers.CharField(help_text="provider, policy, budget, us, or empty.")
    error_detail = serializers.CharField()
    input_tokens = serializers.IntegerField(allow_null=True)
    output_tokens = serializers.IntegerField(allow_null=True)
    cache_read_tokens = serializers.IntegerField(allow_null=True)
    cache_write_tokens = serializers.IntegerField(allow_null=True)
    reasoning_tokens = serializers.IntegerField(allow_null=True)
    cost_usd = MoneyField(source="cost_nanousd", allow_null=True)
    over_bound = serializers.BooleanField(help_text="It cost more than it had reserved.")
    latency_ms = serializers.IntegerField(allow_null=True)
    decision_id = serializers.UUIDField(allow_null=True)


class DecisionOutput(Read):
    """Why a call went to its model: candidates with estimates, and what removed the others."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    outcome = serializers.CharField()
    model = serializers.CharField()
    reason = serializers.CharField()
    policy = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    inputs = serializers.DictField()
    candidates = serializers.JSONField()


class RoutedCallOutput(CallOutput):
    decision = serializers.SerializerMethodField()

    @extend_schema_field(DecisionOutput(allow_null=True))
    def get_decision(self, call: Any) -> Any:
        decision = self.context["decisions"].get(call.pk)
        return None if decision is None else DecisionOutput(decision).data


class TaskDetailOutput(TaskOutput):
    prompt = serializers.CharField(source="task.text.prompt")
    output = serializers.CharField(source="task.text.output")
    attempts = AttemptOutput(many=True)
    calls = serializers.SerializerMethodField()

    @extend_schema_field(RoutedCallOutput(many=True))
    def get_calls(self, detail: Any) -> Any:
        decisions = {reading.call.pk: reading.decision for reading in detail.calls}
        calls = [reading.call for reading in detail.calls]
        return RoutedCallOutput(calls, many=True, context={"decisions": decisions}).data
