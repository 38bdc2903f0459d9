"""What the operations on recommendations take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from routing.core.stages import APPLIED, CANARY, SHADOW, next_stage
from routing.models.recommendation import Kind, State
from runs.api.fields import MoneyField, StrictSerializer, TextField, UnitIntervalField, WordField
from runs.api.sample_shapes import SampleOutput
from runs.selectors.recommendations import Reading, shadow_money, verdict_of

Read = serializers.Serializer[Any]
# Evidence keeps money as nano-dollars; REST tells it in dollars.
_MONEY = "_nanousd"


class RecommendationQuery(serializers.Serializer[Any]):
    state = serializers.ListField(
        child=WordField(State.choices), required=False, help_text="Any of these."
    )
    kind = WordField(Kind.choices, required=False)
    task_type = serializers.CharField(required=False, max_length=32)
    team = serializers.CharField(required=False, max_length=101, help_text="slug or org/slug")


class ShareField(UnitIntervalField):
    default_error_messages = {"bounds": "A canary's share lies between 0.01 and 0.5."}

    def to_internal_value(self, data: Any) -> float:
        share = super().to_internal_value(data)
        if not 0.01 <= share <= 0.5:
            self.fail("bounds")
        return share


class ApplyInput(StrictSerializer):
    """How to go on; an empty body goes to the next stage."""

    stage = WordField(
        [SHADOW, CANARY, APPLIED], required=False, help_text="The next one, if absent."
    )
    budget_usd = MoneyField(required=False, help_text="The most a shadow may cost.")
    share = ShareField(required=False, help_text="Of the traffic, for a canary; 0.2 if absent.")


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500, required=False, allow_blank=True)


class QualityOutput(Read):
    change = serializers.FloatField(source="quality_change", allow_null=True)
    low = serializers.FloatField(source="quality_low", allow_null=True)
    high = serializers.FloatField(source="quality_high", allow_null=True)


class RecommendationOutput(Read):
    """One recommendation. Amounts are a month's, with their 80 % interval."""

    id = serializers.UUIDField(source="row.id")
    kind = serializers.CharField(source="row.kind", help_text="routing or fine_tuning.")
    state = serializers.CharField(
        source="row.state",
        help_text="proposed, shadow, canary, applied, dismissed, reverted or outdated.",
    )
    next_stage = serializers.SerializerMethodField(help_text="null: it goes no further.")
    org = serializers.CharField()
    team = serializers.CharField(allow_null=True, help_text="null: the whole organisation.")
    title = serializers.CharField(source="row.title")
    task_type = serializers.CharField(source="row.task_type")
    current_model = serializers.CharField(source="row.current_model")
    proposed_model = serializers.CharField(source="row.proposed_model")
    amount_usd = MoneyField(source="row.saving_nanousd")
    low_usd = MoneyField(source="row.saving_low_nanousd")
    high_usd = MoneyField(source="row.saving_high_nanousd")
    quality = QualityOutput(source="row")
    n = serializers.IntegerField(source="row.n")
    realised_usd = MoneyField(
        source="realised_nanousd", allow_null=True, help_text="null: nothing was moved yet."
    )
    created_at = serializers.DateTimeField(source="row.created_at")
    computed_at = serializers.DateTimeField(source="row.computed_at")
    decided_at = serializers.DateTimeField(source="row.decided_at", allow_null=True)
    decided_by = serializers.CharField(source="row.decided_by", allow_blank=True)

    def get_next_stage(self, reading: Reading) -> str | None:
        return next_stage(reading.row.kind, reading.row.state)


class RecommendationStepOutput(Read):
    at = serializers.DateTimeField()
    before = serializers.CharField()
    after = serializers.CharField()
    actor = serializers.CharField(help_text="Empty: it happened by itself.")
    reason = serializers.CharField()
    figures = serializers.SerializerMethodField()

    def get_figures(self, step: Any) -> dict[str, Any]:
        told: dict[str, Any] = in_dollars(step.figures)
        return told


class SavingOutput(Read):
    month = serializers.DateField(help_text="Its first day.")
    tasks = serializers.IntegerField()
    spent_usd = MoneyField(source="spent_nanousd")
    expected_usd = MoneyField(
        source="expected_nanousd", help_text="What the model before would have cost."
    )
    saving_usd = MoneyField(source="saving_nanousd")
    low_usd = MoneyField(source="saving_low_nanousd")
    high_usd = MoneyField(source="saving_high_nanousd")
    quality_mean = serializers.FloatField(allow_null=True)


class TrialOutput(Read):
    """How a shadow or canary stands; the interval may be looked at as often as one likes."""

    pairs = serializers.IntegerField()
    change = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()
    holds = serializers.BooleanField(help_text="Quality surely holds within the tolerance.")
    budget_usd = MoneyField(allow_null=True, help_text="Of a shadow.")
    spent_usd = MoneyField(allow_null=True)
    share = serializers.FloatField(allow_null=True, help_text="Of a canary.")


class RecommendationDetailOutput(RecommendationOutput):
    evidence = serializers.SerializerMethodField()
    trial = serializers.SerializerMethodField()
    samples = serializers.SerializerMethodField(
        help_text="Some answers side by side; null: the caller may not read texts."
    )
    note = serializers.CharField(source="row.stage_note", help_text="Why its stage ended.")
    savings = SavingOutput(source="row.savings", many=True)
    steps = RecommendationStepOutput(source="row.steps", many=True)

    def get_evidence(self, reading: Reading) -> dict[str, Any]:
        teams: Mapping[int, str] = self.context.get("teams", {})
        evidence = dict(reading.row.evidence)
        if "teams" in evidence:
            evidence["teams"] = [
                {"team": teams[one["team_id"]]} | {k: one[k] for k in ("current", "proposed")}
                for one in evidence["teams"]
                if one["team_id"] in teams
            ]
        told: dict[str, Any] = in_dollars(evidence)
        return told

    @extend_schema_field(SampleOutput(many=True, allow_null=True))
    def get_samples(self, reading: Reading) -> Any:
        samples = self.context.get("samples")
        return None if samples is None else SampleOutput(samples, many=True).data

    def get_trial(self, reading: Reading) -> dict[str, Any] | None:
        row, verdict = reading.row, verdict_of(reading.row)
        if verdict is None:
            return None
        money = shadow_money(row) if row.state == State.SHADOW else None
        limit, spent, _ = money or (None, None, None)
        shown = {
            "pairs": verdict.n,
            "change": verdict.mean,
            "low": verdict.low,
            "high": verdict.high,
            "holds": verdict.holds,
            "budget_usd": limit,
            "spent_usd": spent,
            "share": row.settings.get("share") if row.state == State.CANARY else None,
        }
        return dict(TrialOutput(shown).data)


def in_dollars(value: Any) -> Any:
    """Return plain data with each amount of nano-dollars as a decimal text of dollars."""
    if isinstance(value, Mapping):
        return {
            key.removesuffix(_MONEY) + "_usd" * key.endswith(_MONEY): (
                _dollars(each) if key.endswith(_MONEY) else in_dollars(each)
            )
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [in_dollars(each) for each in value]
    return value


def _dollars(value: Any) -> Any:
    return MoneyField().to_representation(None if value is None else round(value))
