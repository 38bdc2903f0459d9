"""What the operations on policies and decisions take."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from routing.core.policy import Mode, Scope
from routing.models.decision import Kind, Outcome
from runs.api.fields import WordField
from runs.api.inputs import check_order
from runs.core.filters import MAX_VALUES
from runs.core.rules import TaskType


def _names(at_least: int = 0) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=128), min_length=at_least, max_length=200,
        required=False, allow_null=True,
    )  # fmt: skip


class RulesInput(serializers.Serializer[Any]):
    """What is asked of a model; whatever is left out or null asks nothing."""

    allowed_providers = _names(1)
    blocked_providers = _names()
    allowed_models = _names(1)
    blocked_models = _names()
    regions = _names(1)
    required_tags = _names()
    max_cost_per_call_usd = serializers.CharField(required=False, allow_null=True)
    max_cost_per_task_usd = serializers.CharField(required=False, allow_null=True)
    max_p95_latency_ms = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    min_quality = serializers.FloatField(min_value=0, max_value=1, required=False, allow_null=True)
    max_requests_per_minute = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    max_tokens_per_minute = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    unknown_price_allowed = serializers.BooleanField(required=False, allow_null=True)


class PolicyInput(serializers.Serializer[Any]):
    """A policy as it is to be; described here, read by `routing.core.policy_draft`."""

    name = serializers.CharField(max_length=64)
    scope = serializers.ChoiceField([one.value for one in Scope], required=False)
    org = serializers.CharField(
        required=False, help_text="Slug; only needed by people of several organisations."
    )
    team = serializers.CharField(
        required=False, help_text="Slug. Needed for scope team, may narrow scope task_type."
    )
    run = serializers.UUIDField(required=False, help_text="Needed for scope run.")
    task_type = serializers.ChoiceField([kind.value for kind in TaskType], required=False)
    mode = serializers.ChoiceField([one.value for one in Mode])
    enabled = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    rules = RulesInput()
    version = serializers.IntegerField(
        required=False, help_text="PUT only: the version that was read, refused if it is outdated."
    )


class ReplayInput(serializers.Serializer[Any]):
    policy = PolicyInput()
    since = serializers.DateTimeField(required=False, help_text="Default: seven days before `to`.")
    to = serializers.DateTimeField(required=False, help_text="Default: now.")

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, `since` under its name outside, which is a word of Python's."""
        return {"from" if name == "since" else name: field
                for name, field in super().get_fields().items()}  # fmt: skip


class PolicyQuery(serializers.Serializer[Any]):
    scope = WordField([one.value for one in Scope], required=False)
    team = serializers.CharField(required=False, max_length=101)
    name = serializers.CharField(required=False, max_length=64)
    enabled = serializers.BooleanField(required=False, allow_null=True, default=None)


class DecisionQuery(serializers.Serializer[Any]):
    outcome = serializers.ListField(
        child=WordField([one.value for one in Outcome]), required=False,
        max_length=MAX_VALUES,
    )  # fmt: skip
    kind = serializers.ListField(
        child=WordField([one.value for one in Kind]), required=False,
        max_length=MAX_VALUES,
    )  # fmt: skip
    policy = serializers.CharField(required=False, max_length=64)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    team = serializers.CharField(required=False, max_length=101)
    model = serializers.CharField(required=False, max_length=128)
    run = serializers.UUIDField(required=False)
    actor = serializers.CharField(required=False, max_length=128)
    since = serializers.DateTimeField(required=False)
    to = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_order(attrs, "from", "to")
        return attrs

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, `since` under its name outside, which is a word of Python's."""
        return {"from" if name == "since" else name: field
                for name, field in super().get_fields().items()}  # fmt: skip
