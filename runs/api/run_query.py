"""What a list of runs can be asked for in a query."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from runs.api.fields import WordField
from runs.api.inputs import LABEL_KEY, check_order
from runs.core.filters import MAX_VALUES, POLICY_OUTCOMES
from runs.core.rules import TaskType
from runs.core.status import RunStatus
from runs.selectors.run_filters import RunFilters


class RunQuery(serializers.Serializer[Any]):
    status = serializers.ListField(
        child=WordField([status.value for status in RunStatus]), required=False,
        max_length=MAX_VALUES,
    )  # fmt: skip
    team = serializers.CharField(required=False, max_length=101, allow_blank=True)
    label = serializers.ListField(  # type: ignore[assignment]  # a field, as all here
        child=serializers.CharField(max_length=300), required=False, max_length=10,
        help_text="`key` or `key:value`; several must all match.",
    )  # fmt: skip
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    model = serializers.CharField(required=False, max_length=128, allow_blank=True)
    task_type = WordField([kind.value for kind in TaskType], required=False)
    policy_outcome = serializers.ListField(
        child=WordField(POLICY_OUTCOMES), required=False, max_length=MAX_VALUES,
        help_text="The worst that policies said of a call of the run: `deny`, `warn`, or `allow` "
        "where they objected to none.",
    )  # fmt: skip

    def validate_label(self, value: list[str]) -> list[tuple[str, str | None]]:
        pairs = [text.partition(":") for text in value]
        if any(not LABEL_KEY.fullmatch(key) for key, _, _ in pairs):
            raise ValidationError("Write `key` or `key:value`.")
        return [(key, text if colon else None) for key, colon, text in pairs]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_order(attrs, "created_after", "created_before")
        return attrs

    def filters(self) -> RunFilters:
        given = dict(self.validated_data)
        given["status"] = tuple(given.get("status", ()))
        given["policy_outcome"] = tuple(given.get("policy_outcome", ()))
        given["labels"] = tuple(given.pop("label", ()))
        return RunFilters(**given)
