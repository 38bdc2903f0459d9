"""What the back office asks for, in people's units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from budgets.core.errors import InvalidAmount
from budgets.core.money import format_usd, parse_usd
from budgets.models import Org, Team
from routing.core.rates import Scope
from routing.models import RateLimit

if TYPE_CHECKING:
    RateLimitModelForm = forms.ModelForm[RateLimit]
else:
    RateLimitModelForm = forms.ModelForm


class RateLimitForm(RateLimitModelForm):
    """A limit of rate, its organisation and team by name, its money in dollars."""

    org = forms.ModelChoiceField(
        Org.objects.order_by("name"),
        required=False,
        empty_label="everybody's calls together",
        widget=UnfoldAdminSelectWidget,
    )
    team = forms.ModelChoiceField(
        Team.objects.select_related("org").order_by("org", "name"),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    dollars_per_hour = forms.CharField(
        required=False, help_text="Such as 12.50.", widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = RateLimit
        fields = (
            "scope",
            "name",
            "requests_per_minute",
            "tokens_per_minute",
            "tokens_per_day",
            "enabled",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = self.instance
        self.initial["org"], self.initial["team"] = limit.org_id, limit.team_id
        if limit.nanousd_per_hour is not None:
            self.initial["dollars_per_hour"] = format_usd(limit.nanousd_per_hour)

    def clean_dollars_per_hour(self) -> int | None:
        """Return nano-dollars; None where no limit is given."""
        text = self.cleaned_data["dollars_per_hour"]
        if not text:
            return None
        try:
            nanousd = parse_usd(text)
        except InvalidAmount as error:
            raise forms.ValidationError(f"Not an amount: {error}.") from error
        if nanousd == 0:
            raise forms.ValidationError("A limit of $0 lets nothing pass: block it by a policy.")
        return nanousd

    def clean(self) -> dict[str, Any]:
        """Refuse a limit that counts nobody's calls, or that limits nothing."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for field, sentence in _misplaced(given).items():
            self.add_error(field, sentence)
        limits = ("requests_per_minute", "tokens_per_minute", "tokens_per_day", "dollars_per_hour")
        if not self.errors and all(given.get(name) is None for name in limits):
            raise forms.ValidationError("It limits nothing: give at least one figure.")
        self.instance.org_id = _org_of(given)
        self.instance.team_id = given["team"].pk if given.get("team") else None
        self.instance.nanousd_per_hour = given.get("dollars_per_hour")
        return given


def _org_of(given: dict[str, Any]) -> int | None:
    team, org = given.get("team"), given.get("org")
    if team is not None:
        return int(team.org_id)
    return None if org is None else int(org.pk)


def _misplaced(given: dict[str, Any]) -> dict[str, str]:
    """Return what does not go together, by field."""
    scope, team, org = given.get("scope"), given.get("team"), given.get("org")
    errors = {}
    if scope in (Scope.PROVIDER, Scope.MODEL) and not given.get("name"):
        errors["name"] = f"Name the {scope} whose calls are counted."
    if scope in (Scope.TEAM, Scope.ORG) and given.get("name"):
        errors["name"] = f"A limit of a {scope} counts all its calls: leave this empty."
    if scope == Scope.TEAM and team is None:
        errors["team"] = "Say which team."
    if scope == Scope.ORG and (org is None or team is not None):
        errors["org"] = "Say which organisation, and no team."
    if team is not None and org is not None and team.org_id != org.pk:
        errors["team"] = "This team is of another organisation."
    return errors
