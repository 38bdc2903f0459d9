"""What the operations on fine-tuning and on what was learned take and answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from runs.api.fields import MoneyField, StrictSerializer, TextField, WordField
from runs.api.outputs import Read
from runs.core.rules import TaskType
from runs.core.tasks import VALIDATORS
from runs.core.tuning.dataset import FORMATS
from runs.models.tuning import JobState

STATES = [state.value for state in JobState]
TYPES = [kind.value for kind in TaskType]
TEAM = "Slug. Left out: the whole organisation where that is yours, else your only team."
ASSUMPTIONS_EXAMPLE = OpenApiExample(
    "A larger safety margin",
    {"min_examples": 100, "volume_growth": 0.8, "labour_usd": "400"},
    request_only=True,
)


class OrgQuery(serializers.Serializer[Any]):
    org = serializers.CharField(
        required=False, max_length=50, help_text="Slug; for people of several organisations."
    )


class AnalysisInput(StrictSerializer):
    team = TextField(max_length=101, required=False, help_text=TEAM)


class KindInput(AnalysisInput):
    task_type = WordField(TYPES)
    validator = WordField([*VALIDATORS], required=False)


class DatasetInput(KindInput):
    pass


class PatternExampleOutput(Read):
    run = serializers.UUIDField(source="run_id")
    task = serializers.CharField()
    attempt = serializers.IntegerField(source="number")
    score = serializers.FloatField(allow_null=True)
    prompt = serializers.CharField()
    said = serializers.CharField()


class PatternOutput(Read):
    """A pattern. `terms` and `examples` are empty for who may not read texts."""

    name = serializers.CharField()
    task_type = serializers.CharField(source="pattern.task_type")
    caught_by = serializers.CharField(source="pattern.caught_by")
    terms = serializers.ListField(child=serializers.CharField())
    n = serializers.IntegerField(source="pattern.n")
    share = serializers.FloatField(source="pattern.share", help_text="Of all failures.")
    retried = serializers.IntegerField(source="pattern.retried")
    retries_usd = MoneyField(source="pattern.retry_nanousd")
    mean_score = serializers.FloatField(source="pattern.mean_score", allow_null=True)
    examples = PatternExampleOutput(many=True)


class JobOutput(Read):
    id = serializers.UUIDField()
    state = serializers.CharField(help_text=f"One of {', '.join(STATES)}.")
    team = serializers.CharField(source="team.slug", allow_null=True, default=None)
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField()
    finished_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


class AnalysisOutput(JobOutput):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    attempts = serializers.IntegerField()
    failures = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="Older failures that were not looked at.")
    retries_usd = MoneyField(source="retry_nanousd")


class AnalysisWholeOutput(AnalysisOutput):
    patterns = serializers.SerializerMethodField()

    @extend_schema_field(PatternOutput(many=True))
    def get_patterns(self, row: Any) -> Any:
        return PatternOutput(self.context["patterns"], many=True).data


class DatasetOutput(JobOutput):
    task_type = serializers.CharField()
    validator = serializers.CharField()
    considered = serializers.IntegerField()
    train = serializers.IntegerField()
    validation = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())
    redactions = serializers.DictField(child=serializers.IntegerField())
    digests = serializers.DictField(help_text=f"SHA-256 by format ({', '.join(FORMATS)}) and part.")


class AssumptionsOutput(Read):
    base_models = serializers.ListField(child=serializers.DictField())
    epochs = serializers.IntegerField()
    min_examples = serializers.IntegerField()
    half_gap_examples = serializers.IntegerField()
    prompt_share = serializers.FloatField()
    volume_growth = serializers.FloatField()
    labour_usd = serializers.CharField()
