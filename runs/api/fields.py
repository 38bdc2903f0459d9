"""Fields that take JSON at its word: "5" is no number, 1 is no text, true is neither."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from budgets.core.errors import InvalidAmount
from budgets.core.money import format_usd_or_none, parse_usd


class TextField(serializers.CharField):
    """Text as it was sent: nothing is trimmed, nothing converted."""

    default_error_messages = {"invalid": "This must be a text."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str) and not data.strip() and not self.allow_blank:
            self.fail("blank")
        return super().run_validation(data)


class WholeNumberField(serializers.IntegerField):
    default_error_messages = {"invalid": "This must be a whole number."}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class UnitIntervalField(serializers.FloatField):
    """A number from 0 to 1."""

    default_error_messages = {"invalid": "This must be a number from 0 to 1."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=1, **kwargs)

    def to_internal_value(self, data: Any) -> float:
        # The comparison refuses NaN, too, and an integer that no float can hold.
        if isinstance(data, bool) or not isinstance(data, int | float) or not 0 <= data <= 1:
            self.fail("invalid")
        return float(data)


class WordField(serializers.ChoiceField):
    """One of a few words; a wrong one is told which there are."""

    default_error_messages = {
        "invalid_choice": "“{input}” is none of {choices}: write one of these."
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            # What is no word of ours may be as long as a body.
            self.fail("invalid_choice", input=str(data)[:60], choices=", ".join(self.choices))
        return data


class YesNoField(serializers.BooleanField):
    default_error_messages = {"invalid": "This must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^\d{1,10}(\.\d{1,9})?$",
        "description": "US dollars as a decimal text, exact to nine decimals.",
        "example": "2.00",
    }
)
class MoneyField(serializers.Field[int, Any, str | None, Any]):
    """Nano-dollars inside, a decimal text of US dollars outside; None is an unknown amount."""

    default_error_messages = {
        "invalid": 'Write a positive amount of US dollars as a text, such as "2.00", with at most '
        "nine decimals.",
        "positive": "The amount must be more than zero.",
    }

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            amount = parse_usd(data)
        except InvalidAmount:
            self.fail("invalid")
        if amount == 0:
            self.fail("positive")
        return amount

    def to_representation(self, value: int | None) -> str | None:
        return format_usd_or_none(value)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not know by name: a typo in `budget_usd` would cost money."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [key for key in data if key not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    {str(key)[:60]: ["There is no such field."] for key in unknown[:20]}
                )
        return super().to_internal_value(data)
