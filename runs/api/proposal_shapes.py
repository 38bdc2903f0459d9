"""What the operations on proposals to tune take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from routing.models.recommendation import State
from runs.api.fields import MoneyField, StrictSerializer, TextField, YesNoField
from runs.api.outputs import Read
from runs.api.tuning_shapes import KindInput
from runs.core.tuning.returns import Return
from runs.services.tuning.returns import tuned_of

PROPOSAL_EXAMPLE = OpenApiExample(
    "For what a validator looks at",
    {"team": "eng", "task_type": "data_extraction", "validator": "json_schema"},
    request_only=True,
)


class ProposalInput(KindInput):
    base_model = TextField(
        max_length=300, required=False, help_text="Left out: the most promising one."
    )
    dry_run = YesNoField(required=False, help_text="true: reckon for all, and keep nothing.")


class ModelInput(StrictSerializer):
    model = TextField(max_length=128, help_text="As routing knows it.")
    training_usd = MoneyField(
        required=False, allow_null=True, help_text="Left out: what was estimated."
    )


class RangeOutput(Read):
    value = MoneyField()
    low = MoneyField()
    high = MoneyField()


class ReturnOutput(Read):
    month = serializers.DateField(source="month.month")
    tasks = serializers.IntegerField(source="month.tasks")
    spent_usd = MoneyField(source="month.spent_nanousd")
    expected_usd = MoneyField(source="expected_nanousd")
    saving_usd = serializers.SerializerMethodField()
    quality_mean = serializers.FloatField(source="month.quality_mean", allow_null=True)
    paid = serializers.BooleanField(source="has_paid")

    @extend_schema_field(RangeOutput)
    def get_saving_usd(self, one: Return) -> Mapping[str, str]:
        found = {name: round(getattr(one.saving, name)) for name in ("value", "low", "high")}
        return dict(RangeOutput(found).data)


class ProposalLineOutput(Read):
    """A proposal to tune, in short."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    state = serializers.CharField(help_text=f"One of {', '.join(State)}.")
    task_type = serializers.CharField()
    base_model = serializers.CharField(source="proposed_model")
    saving_usd = serializers.SerializerMethodField()
    quality_change = serializers.FloatField()
    quality_low = serializers.FloatField()
    quality_high = serializers.FloatField()
    n = serializers.IntegerField()
    computed_at = serializers.DateTimeField()
    tuned_model = serializers.SerializerMethodField()

    @extend_schema_field(RangeOutput)
    def get_saving_usd(self, row: Any) -> Mapping[str, str]:
        found = {"value": row.saving_nanousd, "low": row.saving_low_nanousd,
                 "high": row.saving_high_nanousd}  # fmt: skip
        return dict(RangeOutput(found).data)

    def get_tuned_model(self, row: Any) -> str | None:
        tuned = tuned_of(row)
        return tuned.model if tuned else None


class ProposalOutput(ProposalLineOutput):
    """A proposal to tune. `evidence` holds facts, assumptions, estimate and sensitivity, money in
    whole nano-dollars."""

    evidence = serializers.DictField()
    returns = serializers.SerializerMethodField()

    @extend_schema_field(ReturnOutput(many=True))
    def get_returns(self, row: Any) -> Any:
        return ReturnOutput(self.context.get("returns", ()), many=True).data


class OfferOutput(Read):
    """What tuning one base model would bring. `sure`: it saves money by more than chance."""

    base_model = serializers.CharField(source="base.name")
    provider = serializers.CharField(source="base.provider")
    sure = serializers.BooleanField(source="is_sure")
    keeps_quality = serializers.BooleanField()
    saving_usd = serializers.SerializerMethodField(help_text="A month, with its 80 % interval.")
    quality_before = serializers.FloatField(source="estimate.quality_before.value")
    quality_after = serializers.FloatField(source="estimate.quality_after.value")
    training_usd = MoneyField(source="estimate.training_nanousd")
    break_even = serializers.DateField(
        source="estimate.break_even", allow_null=True, help_text="null: it never pays."
    )

    @extend_schema_field(RangeOutput)
    def get_saving_usd(self, offer: Any) -> Mapping[str, str]:
        saving = offer.estimate.saving_nanousd
        found = {name: round(getattr(saving, name)) for name in ("value", "low", "high")}
        return dict(RangeOutput(found).data)


class ReckoningOutput(Read):
    """Every base model's offer, the most promising first. `missing` examples: none is made."""

    examples = serializers.SerializerMethodField()
    missing = serializers.IntegerField()
    costs_known = serializers.SerializerMethodField(
        help_text="false: no such task was done lately, or its calls have no known cost."
    )
    offers = OfferOutput(many=True)

    def get_examples(self, reckoned: Any) -> int:
        return len(reckoned.examples.ids)

    def get_costs_known(self, reckoned: Any) -> bool:
        return reckoned.facts is not None
