"""What the operations on runs answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from runs.api.fields import MoneyField
from runs.core.rules import Phase, TaskType
from runs.core.status import RunStatus, TaskStatus
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


class Judgement(Read):
    model = serializers.CharField()
    score = serializers.FloatField(allow_null=True, help_text="null: it could not be read.")
    reason = serializers.CharField()


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


class EventOutput(Read):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    type = serializers.CharField()
    payload = serializers.DictField()


class RemovalOutput(Read):
    model = serializers.CharField()
    reason = serializers.CharField()
    detail = serializers.CharField()


class StepOutput(Read):
    phase = serializers.CharField()
    task_type = serializers.CharField()
    calls = serializers.IntegerField()
    model = serializers.CharField(allow_null=True, help_text="null: no model is left.")
    provider = serializers.CharField()
    removed = RemovalOutput(many=True)


class ForecastOutput(Read):
    expected_usd = MoneyField(source="forecast.expected_nanousd")
    low_usd = MoneyField(source="forecast.low_nanousd")
    high_usd = MoneyField(source="forecast.high_nanousd")
    interval = serializers.FloatField(default=0.8)
    risk = serializers.CharField(help_text="LOW, MEDIUM or HIGH, against what is free.")
    free_usd = MoneyField(source="free_nanousd", allow_null=True, help_text="null: no limit.")
    tasks = serializers.IntegerField()
    planned = serializers.BooleanField(help_text="false: the number of tasks is a guess.")


class PolicyOutcome(Read):
    outcome = serializers.ChoiceField(["allow", "deny"])
    reason = serializers.CharField()
    policy = serializers.CharField(allow_null=True, help_text="null: no policy denies it.")
    version = serializers.IntegerField(allow_null=True)


class BudgetOutcome(Read):
    outcome = serializers.ChoiceField(["allow", "deny"])
    requested_usd = MoneyField()
    free_usd = MoneyField(allow_null=True)


class DryRunOutput(Read):
    """What a run would cost and use; nothing was stored, queued or spent."""

    dry_run = serializers.BooleanField()
    team = serializers.CharField()
    budget_usd = MoneyField()
    forecast = ForecastOutput()
    policy = PolicyOutcome()
    budget = BudgetOutcome()
    models = StepOutput(many=True)
    resume_candidates = ResumeCandidate(many=True)


class WebhookSecretOutput(Read):
    team = serializers.CharField()
    secret = serializers.CharField()
    header = serializers.CharField()
    scheme = serializers.CharField()
