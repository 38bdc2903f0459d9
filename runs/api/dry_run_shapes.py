"""What a dry run answers: what a run would cost and use."""

from __future__ import annotations

from rest_framework import serializers

from runs.api.fields import MoneyField
from runs.api.outputs import Read, ResumeCandidate


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
