"""What is asked for and answered of what routing learned."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from runs.api.fields import MoneyField, StrictSerializer, TextField, WordField, YesNoField
from runs.api.outputs import Read
from runs.api.tuning_shapes import TEAM
from runs.core.rules import TaskType
from runs.core.tradeoff import Stretch

LEARNING_EXAMPLE = OpenApiExample(
    "Two models, little seen",
    {
        "org": "acme", "team": "eng", "task_type": "summarization", "threshold": 0.8,
        "input_tokens": 1500,
        "models": [
            {"model": "sim/claude-opus-5-5", "provider": "sim-anthropic", "n": 41, "mean": 0.93,
             "low": 0.9, "high": 0.96, "spread": 0.05, "expected_cost_usd": "0.031",
             "latency_ms": 4100.0},
            {"model": "sim/gpt-6-luna", "provider": "sim-openai", "n": 0, "mean": 0.78,
             "low": 0.5, "high": 1.0, "spread": 0.3, "expected_cost_usd": "0.0004",
             "latency_ms": None},
        ],
        "days": ["2026-11-26"],
        "means_by_day": {"sim/claude-opus-5-5": [0.93], "sim/gpt-6-luna": [0.78]},
        "choices": [
            {"model": "sim/gpt-6-luna", "quality": 0.78, "cost_usd": "0.0004",
             "worth_from_usd": "0.00", "worth_to_usd": "0.056234133", "preferences": ["cost"]},
            {"model": "sim/claude-opus-5-5", "quality": 0.93, "cost_usd": "0.031",
             "worth_from_usd": "0.056234133", "worth_to_usd": None,
             "preferences": ["quality", "balanced"]},
        ],
        "frontier": [
            {"cost_usd": "0.0004", "quality": 0.78}, {"cost_usd": "0.031", "quality": 0.93},
        ],
        "exploration": None,
        "agreement": None,
    },
    response_only=True,
)  # fmt: skip


class LearningQuery(serializers.Serializer[Any]):
    task_type = WordField([kind.value for kind in TaskType])
    team = serializers.CharField(required=False, max_length=101, help_text=TEAM)


class SharingInput(StrictSerializer):
    org = TextField(max_length=50, required=False)
    shares = YesNoField()


class BeliefOutput(Read):
    """What is believed of a model. `spread` is how far single scores lie from the mean."""

    model = serializers.CharField()
    provider = serializers.CharField()
    n = serializers.IntegerField(help_text="Scores. 0: it stands where its tier lets expect it.")
    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    spread = serializers.FloatField()
    expected_cost_usd = MoneyField(
        source="expected_cost", allow_null=True, help_text="Of a call; null: unknown."
    )
    latency_ms = serializers.FloatField(allow_null=True, help_text="null: none was observed.")


class ChoiceOutput(Read):
    """Who is chosen by the means alone while an accepted result is worth so much."""

    model = serializers.CharField()
    quality = serializers.FloatField()
    cost_usd = MoneyField(source="cost_nanousd")
    worth_from_usd = MoneyField(source="from_nanousd")
    worth_to_usd = MoneyField(
        source="to_nanousd", allow_null=True, help_text="null: whatever it is worth."
    )
    preferences = serializers.SerializerMethodField(help_text="Of runs, that lie in it.")

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_preferences(self, one: Stretch) -> list[str]:
        return list(one.preferences)


class FrontierOutput(Read):
    """The best quality to be had for so much a call, models mixed."""

    cost_usd = MoneyField(source="cost")
    quality = serializers.FloatField()


class ExplorationOutput(Read):
    """What choices were expected to cost more than those that the means speak for; negative: less.

    `low_usd` and `high_usd` null: too few choices for an interval of the mean.
    """

    n = serializers.IntegerField()
    explored = serializers.IntegerField(help_text="Of n, those that the means do not speak for.")
    total_usd = serializers.SerializerMethodField()
    mean_usd = serializers.SerializerMethodField()
    low_usd = serializers.SerializerMethodField()
    high_usd = serializers.SerializerMethodField()

    def get_total_usd(self, found: Any) -> str:
        return _usd(found.total_nanousd) or ""

    def get_mean_usd(self, found: Any) -> str:
        return _usd(found.mean_nanousd) or ""

    def get_low_usd(self, found: Any) -> str | None:
        return _usd(found.low_nanousd)

    def get_high_usd(self, found: Any) -> str | None:
        return _usd(found.high_nanousd)


class FigureOutput(Read):
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True, help_text="null: too few for an interval.")
    high = serializers.FloatField(allow_null=True)


class AgreementOutput(Read):
    """How judges agree with people: judges less people, and the correlation of the two."""

    n = serializers.IntegerField(help_text="Tasks that people judged, too.")
    difference = FigureOutput()
    correlation = FigureOutput(allow_null=True, help_text="null: too few, or one never varied.")


class LearningOutput(Read):
    org = serializers.CharField()
    team = serializers.CharField(allow_null=True, help_text="null: the whole organisation.")
    task_type = serializers.CharField()
    threshold = serializers.FloatField(help_text="A result is accepted from this score.")
    input_tokens = serializers.IntegerField(help_text="What costs are reckoned for.")
    models = BeliefOutput(many=True, help_text="Those that can be reached, the best mean first.")
    days = serializers.ListField(child=serializers.DateField(), help_text="At most 30.")
    means_by_day = serializers.DictField(
        child=serializers.ListField(child=serializers.FloatField(allow_null=True)),
        help_text="By model, for each of `days`; null: nothing was kept. The last is now.",
    )
    choices = ChoiceOutput(many=True)
    frontier = FrontierOutput(many=True)
    exploration = ExplorationOutput(allow_null=True, help_text="null: no choice was made lately.")
    agreement = AgreementOutput(allow_null=True, help_text="null: people judged no such task.")


class SharingOutput(Read):
    org = serializers.CharField()
    shares = serializers.BooleanField()


def _usd(nanousd: float | None) -> str | None:
    return MoneyField().to_representation(None if nanousd is None else round(nanousd))
