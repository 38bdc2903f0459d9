"""What the operations on budgets take and answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from budgets.core.burn import Outlook
from budgets.core.errors import InvalidAmount
from budgets.core.limits import MAX_PERCENT, MAX_REASON_CHARS, MAX_THRESHOLDS
from budgets.core.money import parse_usd
from budgets.core.period import PeriodKind
from budgets.selectors.outlook import BudgetOutlook
from budgets.services.limits import Wanted
from runs.api.fields import MoneyField, StrictSerializer, TextField, WholeNumberField, WordField

PERIODS = [kind.value for kind in PeriodKind]


class LimitField(MoneyField):
    """A limit, which may be nothing: then nobody can spend."""

    def to_internal_value(self, data: Any) -> int:
        try:
            return parse_usd(data) if isinstance(data, str) else super().to_internal_value(data)
        except InvalidAmount:
            self.fail("invalid")


class ThresholdsField(serializers.ListField):
    """Percentages of the limit."""

    child = WholeNumberField(min_value=1, max_value=MAX_PERCENT)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_THRESHOLDS, **kwargs)


class BudgetPatchInput(StrictSerializer):
    limit_usd = LimitField(required=False)
    thresholds = ThresholdsField(required=False)
    forecast_thresholds = ThresholdsField(required=False)
    reason = TextField(required=False, allow_blank=True, max_length=MAX_REASON_CHARS)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and "period" in data:
            sentence = "A budget keeps its period: its past periods are its history."
            raise serializers.ValidationError({"period": [sentence]})
        return super().to_internal_value(data)

    def validate(self, attrs: Any) -> Any:
        if not attrs.keys() - {"reason"}:
            raise serializers.ValidationError(
                "Send what to change: limit_usd, thresholds or forecast_thresholds."
            )
        return attrs

    def wanted(self) -> Wanted:
        return wanted_of(self.validated_data)


class BudgetInput(StrictSerializer):
    team = TextField(
        required=False, allow_null=True, max_length=101, help_text="Its slug; null: the whole org."
    )
    period = WordField(PERIODS)
    limit_usd = LimitField()
    thresholds = ThresholdsField(required=False)
    forecast_thresholds = ThresholdsField(required=False)


class RaiseInput(StrictSerializer):
    amount_usd = MoneyField()
    reason = TextField(
        max_length=MAX_REASON_CHARS,
        error_messages={
            "required": "Say why: whoever reads the history later was not there.",
            "blank": "Say why: whoever reads the history later was not there.",
        },
    )
    expires_at = serializers.DateTimeField()


def wanted_of(given: Any) -> Wanted:
    """Return what a body asks a budget to become."""
    return Wanted(given.get("limit_usd"), given.get("thresholds"), given.get("forecast_thresholds"))


class RaiseOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    amount_usd = MoneyField(source="amount_nanousd")
    reason = serializers.CharField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class BudgetOutput(serializers.Serializer[Any]):
    """A budget in its current period.

    `limit_usd` holds the raises that have not expired; `running_usd` is what runs under way have
    spent already, and part of `held_usd`.
    """

    id = serializers.CharField(source="budget.pk")
    scope = serializers.ChoiceField(["org", "team"])
    team = serializers.CharField(source="budget.team.slug", default=None, allow_null=True)
    org = serializers.CharField(source="budget.org.slug")
    period = serializers.ChoiceField(PERIODS, source="budget.period")
    period_starts_at = serializers.DateTimeField(source="period.starts_at")
    period_ends_at = serializers.DateTimeField(source="period.ends_at", allow_null=True)
    limit_usd = MoneyField(source="limit_nanousd")
    raised_usd = MoneyField(source="raised_nanousd")
    spent_usd = MoneyField(source="spent_nanousd")
    held_usd = MoneyField(source="held_nanousd")
    running_usd = MoneyField(source="running_nanousd")
    free_usd = MoneyField(source="free_nanousd")
    thresholds = serializers.ListField(source="budget.thresholds", child=serializers.IntegerField())
    forecast_thresholds = serializers.ListField(
        source="budget.forecast_thresholds", child=serializers.IntegerField()
    )
    raises = RaiseOutput(many=True)


class BudgetForecastOutput(serializers.Serializer[Any]):
    """Where a budget's spending leads.

    `status`: `insufficient_history` below three days, `stale` when nothing ran for a week, `spent`
    when nothing is left, else `within`, `at_risk` (the upper end of the interval passes the limit)
    or `overrun`. Amounts are null where they cannot be told. The interval holds eight of ten.
    """

    budget = serializers.CharField()
    status = serializers.ChoiceField([outlook.value for outlook in Outlook])
    as_of = serializers.DateTimeField()
    period_ends_at = serializers.DateTimeField(allow_null=True)
    limit_usd = MoneyField()
    used_usd = MoneyField()
    burn_usd_per_day = MoneyField(allow_null=True)
    burn_usd_24h = MoneyField()
    burn_usd_per_day_7d = MoneyField(allow_null=True)
    projected_usd = MoneyField(allow_null=True)
    projected_low_usd = MoneyField(allow_null=True)
    projected_high_usd = MoneyField(allow_null=True)
    run_out_at = serializers.DateTimeField(allow_null=True)
    may_run_out_at = serializers.DateTimeField(allow_null=True)


def forecast_facts(found: BudgetOutlook, now: Any) -> dict[str, Any]:
    """Return what BudgetForecastOutput shows."""
    burn = found.burn
    return {
        "budget": str(found.budget.pk),
        "status": burn.outlook.value,
        "as_of": now,
        "period_ends_at": found.period.ends_at,
        "limit_usd": found.limit_nanousd,
        "used_usd": found.used_nanousd,
        "burn_usd_per_day": burn.per_day_nanousd,
        "burn_usd_24h": found.spending.last_day_nanousd,
        "burn_usd_per_day_7d": found.week_nanousd,
        "projected_usd": burn.projected_nanousd,
        "projected_low_usd": burn.low_nanousd,
        "projected_high_usd": burn.high_nanousd,
        "run_out_at": burn.runs_out_at,
        "may_run_out_at": burn.may_run_out_at,
    }
