"""What people fill in about an organisation and its teams. What may not be, the services refuse."""

from __future__ import annotations

from collections.abc import Container
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.text import slugify

from budgets.core.money import format_usd
from budgets.models import Org, Team
from budgets.models.org import HoldMode
from budgets.services.tenants import TeamTraits, keeps_time_zone
from runs.forms import MoneyField

UNTIL_BUDGETS = (
    "Days, weeks and months of budgets begin and end by it, and pages show it. It can be changed "
    "until the first budget by day, week or month is made."
)
STAYS = (
    "Days, weeks and months of budgets begin and end by it, and pages show it. It stays as it is "
    "since there are such budgets: in another one the current period would begin anew, and its "
    "limit could be spent twice."
)
NO_NAME = {"required": "Give it a name that people know it by."}


class OrgForm(forms.Form):
    """What an organisation is called, its time zone, and what a run may cost unless told."""

    name = forms.CharField(max_length=100, error_messages=NO_NAME)
    time_zone = forms.ChoiceField()
    default_run_budget_usd = MoneyField(
        label="Budget of a run",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="For runs that are submitted without one. Runs that are under way keep theirs.",
        error_messages={"required": "Give an amount: a run without a limit is not started."},
    )

    def __init__(self, org: Org, data: Any = None) -> None:
        initial = {
            "name": org.name,
            "time_zone": org.time_zone,
            "default_run_budget_usd": format_usd(org.default_run_budget_nanousd),
        }
        super().__init__(data, initial=initial)
        zone = self.fields["time_zone"]
        assert isinstance(zone, forms.ChoiceField)
        # One that is in no table any more is still what the organisation has.
        known = sorted(available_timezones() | {org.time_zone})
        zone.choices = [(name, name) for name in known]
        zone.disabled = keeps_time_zone(org)
        zone.help_text = STAYS if zone.disabled else UNTIL_BUDGETS


class TeamForm(forms.Form):
    """What a team is called, how its runs set money aside, and which models they may use."""

    name = forms.CharField(max_length=100, error_messages=NO_NAME)
    hold_mode = forms.TypedChoiceField(
        label="A run sets aside",
        choices=HoldMode.choices,
        coerce=HoldMode,
        initial=HoldMode.BUDGET,
        help_text="By forecast, more runs fit into a budget at once, and one may have to wait "
        "for money while it goes on.",
    )
    models = forms.CharField(
        label="Allowed models",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Names with commas between them; empty: every model.",
    )

    def __init__(self, known: Container[str], data: Any = None, team: Team | None = None) -> None:
        initial = {} if team is None else {
            "name": team.name,
            "hold_mode": team.hold_mode,
            "models": ", ".join(team.allowed_models or ()),
        }  # fmt: skip
        super().__init__(data, initial=initial)
        self._known = known
        self._kept = frozenset((team.allowed_models or ()) if team else ())

    def clean_models(self) -> list[str] | None:
        """Return the models, which exist or were allowed before; None: every model."""
        text = str(self.cleaned_data["models"]).replace("\n", ",")
        names = [part.strip() for part in text.split(",") if part.strip()]
        for name in names:
            if name not in self._known and name not in self._kept:
                raise forms.ValidationError(f"There is no model {name!r}: see the names below.")
        return names or None

    @property
    def traits(self) -> TeamTraits:
        """Return what was filled in."""
        given = self.cleaned_data
        return TeamTraits(given["name"], given["hold_mode"], given["models"])


class NewTeamForm(TeamForm):
    """A team that is to be, with what programs call it."""

    slug = forms.SlugField(
        label="Short name",
        max_length=50,
        required=False,
        help_text="By which programs name it; it stays. Empty: made of the name.",
    )
    field_order = ["name", "slug"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "slug" in given and given.get("name"):
            given["slug"] = given["slug"] or slugify(given["name"])[:50]
            if not given["slug"]:
                self.add_error("slug", "Give one in letters a to z, digits and hyphens.")
        return given
