"""What people fill in about budgets, alerts and keys. What may not be, the services refuse."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from budgets.core.access import Scope
from budgets.core.alert import ChannelKind
from budgets.core.errors import InvalidAmount
from budgets.core.limits import MAX_REASON_CHARS
from budgets.core.money import format_usd, parse_usd
from budgets.core.period import PeriodKind
from budgets.models import Budget, Team

PERIODS = [
    (PeriodKind.MONTH.value, "a month"),
    (PeriodKind.WEEK.value, "a week"),
    (PeriodKind.DAY.value, "a day"),
    (PeriodKind.TOTAL.value, "in total"),
]
LOCAL = "%Y-%m-%dT%H:%M"
USUAL_THRESHOLDS = "50, 80, 100"


class AmountField(forms.CharField):
    """An amount in US dollars, read as nano-dollars; it may be nothing."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> int:
        text = str(super().clean(value)).strip().removeprefix("$").replace(",", "")
        try:
            return parse_usd(text)
        except InvalidAmount as error:
            raise forms.ValidationError(f"Not an amount: {error}.") from error


class PercentsField(forms.CharField):
    """Percentages separated by commas; empty: none."""

    def clean(self, value: Any) -> list[Any]:
        parts = str(super().clean(value)).replace("%", " ").replace(",", " ").split()
        # What is no number is left as it is, for the one place that refuses it.
        return [int(part) if part.isascii() and part.isdigit() else part for part in parts]


class MomentField(forms.CharField):
    """A local time of the org, as a browser's field writes it."""

    zone: tzinfo = ZoneInfo("UTC")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"type": "datetime-local"}), **kwargs)

    def clean(self, value: Any) -> datetime | None:
        text = str(super().clean(value))
        if not text:
            return None
        try:
            return datetime.fromisoformat(text[:16]).replace(tzinfo=self.zone)
        except ValueError as error:
            raise forms.ValidationError("Write a date and a time.") from error


def _reason(required: bool) -> forms.CharField:
    return forms.CharField(
        max_length=MAX_REASON_CHARS,
        required=required,
        error_messages={"required": "Say why: whoever reads the history later was not there."},
    )


class BudgetForm(forms.Form):
    """A budget's limit, and when people are told."""

    limit_usd = AmountField(label="Limit")
    thresholds = PercentsField(label="Tell when spent, %", required=False)
    forecast_thresholds = PercentsField(label="Tell when forecast, %", required=False)
    reason = _reason(required=False)

    @classmethod
    def of(cls, budget: Budget) -> BudgetForm:
        """Return the form with what the budget is now."""
        return cls(
            initial={
                "limit_usd": format_usd(budget.limit_nanousd),
                "thresholds": ", ".join(map(str, budget.thresholds)),
                "forecast_thresholds": ", ".join(map(str, budget.forecast_thresholds)),
            },
            auto_id="budget_%s",
        )


class NewBudgetForm(BudgetForm):
    """A budget for a team, or an org, that has none."""

    period = forms.ChoiceField(choices=PERIODS)

    def __init__(self, data: Any = None, *, place: str = "") -> None:
        initial = {"thresholds": USUAL_THRESHOLDS, "forecast_thresholds": USUAL_THRESHOLDS}
        super().__init__(data, initial=initial, auto_id=f"new_{place}_%s")
        del self.fields["reason"]


class RaiseForm(forms.Form):
    """More room for a while."""

    amount_usd = AmountField(label="Raise by")
    expires_at = MomentField(label="Until")
    reason = _reason(required=True)

    def __init__(self, budget: Budget, now: datetime, data: Any = None) -> None:
        zone = budget.org.zone
        tomorrow = (now + timedelta(days=1)).astimezone(zone)
        super().__init__(
            data,
            initial={"expires_at": tomorrow.strftime(LOCAL)},
            auto_id=f"raise_{budget.pk}_%s",
        )
        until = self.fields["expires_at"]
        assert isinstance(until, MomentField)
        until.zone = zone
        until.help_text = f"Time of {budget.org.time_zone}. It ends by itself."


class ChannelForm(forms.Form):
    """Where alerts go."""

    kind = forms.ChoiceField(
        choices=[
            (ChannelKind.EMAIL.value, "E-mail"),
            (ChannelKind.SLACK.value, "Slack-compatible webhook"),
            (ChannelKind.WEBHOOK.value, "Signed webhook"),
        ]
    )
    place = forms.ChoiceField(label="Alerts of")
    target = forms.CharField(
        label="Address",
        max_length=500,
        help_text="E-mail addresses with commas between them, or the webhook's URL.",
    )

    def __init__(self, places: list[tuple[str, str]], data: Any = None) -> None:
        super().__init__(data)
        place = self.fields["place"]
        assert isinstance(place, forms.ChoiceField)
        place.choices = places


class KeyForm(forms.Form):
    """A key for programs."""

    name = forms.CharField(max_length=100)
    team = forms.ChoiceField()
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one scope: a key without any opens nothing."},
    )
    models = forms.CharField(
        max_length=2000,
        required=False,
        help_text="Names with commas between them; empty: every model the team may use.",
    )
    expires_at = MomentField(
        label="Expires", required=False, help_text="Empty: never. In the org's time zone."
    )

    def __init__(self, teams: list[Team], data: Any = None) -> None:
        super().__init__(data, initial={"scopes": [Scope.RUNS_WRITE, Scope.RUNS_READ]})
        team = self.fields["team"]
        assert isinstance(team, forms.ChoiceField)
        team.choices = [(str(one.pk), one.name) for one in teams]
        until = self.fields["expires_at"]
        assert isinstance(until, MomentField)
        if teams:
            until.zone = teams[0].org.zone
