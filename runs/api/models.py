"""The catalogue of models, with prices, health and what has been learned."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action, Caller
from routing.core.pricing import Rates
from runs.api import schema
from runs.api.fields import MoneyField
from runs.api.operation import Operation
from runs.api.outputs import Read
from runs.selectors.catalogue import Learned, ModelReading, model_get, model_list

CLASSES = ("input", "output", "cache_read", "cache_write", "reasoning")
NANOUSD_A_TOKEN_AT_ONE_DOLLAR_A_MILLION = 1000


class PricesOutput(Read):
    """US dollars per million tokens, as decimal texts."""

    input = serializers.CharField()
    output = serializers.CharField()
    cache_read = serializers.CharField()
    cache_write = serializers.CharField()
    reasoning = serializers.CharField()
    above_input_tokens = serializers.IntegerField(
        help_text="These prices hold for requests of more input tokens than this."
    )


class HealthOutput(Read):
    state = serializers.ChoiceField(["CLOSED", "OPEN", "HALF_OPEN"])
    permanent = serializers.BooleanField(help_text="Waiting a while will not cure it.")
    reason = serializers.CharField()
    opened_at = serializers.DateTimeField(allow_null=True)
    retry_at = serializers.DateTimeField(allow_null=True)


class LearnedOutput(Read):
    """What was observed at one task type, and the belief by which models are chosen."""

    task_type = serializers.CharField(
        help_text="With `+escalated` behind it: such tasks once another model failed them."
    )
    n = serializers.IntegerField(source="profile.n")
    score_mean = serializers.SerializerMethodField()
    expected_score = serializers.FloatField(source="belief.mean")
    expected_score_sd = serializers.FloatField(source="belief.sd")
    mean_cost_usd = serializers.SerializerMethodField()
    mean_latency_ms = serializers.SerializerMethodField()

    def get_score_mean(self, learned: Learned) -> float:
        return learned.profile.mean_score or 0.0

    @extend_schema_field(MoneyField)
    def get_mean_cost_usd(self, learned: Learned) -> str | None:
        mean = round(learned.profile.mean_cost_nanousd or 0.0)
        return MoneyField().to_representation(mean)

    def get_mean_latency_ms(self, learned: Learned) -> float:
        return learned.profile.mean_latency_ms or 0.0


class ModelOutput(Read):
    id = serializers.CharField(source="spec.name")
    provider = serializers.CharField(source="spec.provider")
    tier = serializers.CharField(source="spec.tier")
    task_types = serializers.SerializerMethodField()
    context_window = serializers.IntegerField(source="spec.context_window")
    max_output_tokens = serializers.IntegerField(source="spec.max_output_tokens")
    reasoning = serializers.BooleanField(source="spec.reasoning")
    region = serializers.CharField(source="spec.region")
    tags = serializers.SerializerMethodField()
    simulated = serializers.BooleanField(source="spec.simulated")
    available = serializers.BooleanField(help_text="Its provider can be reached with what is set.")
    prices_usd_per_million_tokens = serializers.SerializerMethodField(
        help_text="The ordinary prices, then those of larger requests; null: unknown."
    )
    health = HealthOutput(source="breaker")
    profiles = LearnedOutput(many=True)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_task_types(self, reading: ModelReading) -> list[str]:
        return sorted(reading.spec.task_types)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_tags(self, reading: ModelReading) -> list[str]:
        return sorted(reading.spec.tags)

    @extend_schema_field(PricesOutput(many=True, allow_null=True))
    def get_prices_usd_per_million_tokens(self, reading: ModelReading) -> Any:
        if reading.prices is None:
            return None
        return [prices_of(above, rates)
                for above, rates in ((0, reading.prices.base), *reading.prices.steps)]  # fmt: skip


class ModelsOutput(Read):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ModelOutput(many=True)


class ListModels(Operation):
    @extend_schema(
        operation_id="models_list",
        summary="List the models that are known, with prices, health and what was learned",
        description="All on one page. Profiles are those of the caller's organisation.",
        tags=["models"],
        responses={200: ModelsOutput, **schema.READ},
    )
    def get(self, request: Request) -> Response:
        found = model_list(reader(request), timezone.now())
        return Response(ModelsOutput({"next": None, "previous": None, "results": found}).data)


class ReadModel(Operation):
    @extend_schema(
        operation_id="models_read",
        summary="Read a model",
        tags=["models"],
        responses={200: ModelOutput, **schema.READ},
    )
    def get(self, request: Request, model_id: str) -> Response:
        return Response(ModelOutput(model_get(reader(request), model_id, timezone.now())).data)


def reader(request: Request) -> Caller:
    """Return the caller. Raises: PermissionDenied unless it may read runs or usage somewhere."""
    caller = caller_of(request)
    if not caller.team_ids(Action.READ_RUNS) | caller.team_ids(Action.READ_USAGE):
        raise PermissionDenied("The catalogue needs runs:read or usage:read.")
    return caller


def prices_of(above: int, rates: Rates) -> dict[str, Any]:
    """Return rates in dollars per million tokens."""
    shown = {name: dollars(getattr(rates, name)) for name in CLASSES}
    return shown | {"above_input_tokens": above}


def dollars(nanousd_a_token: Decimal) -> str:
    """Write the price of a million tokens: two decimals, and as many more as it has."""
    text = f"{nanousd_a_token / NANOUSD_A_TOKEN_AT_ONE_DOLLAR_A_MILLION:f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"
