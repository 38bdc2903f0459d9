"""What people fill in about runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils import timezone

from budgets.core.access import Role
from budgets.core.errors import InvalidAmount
from budgets.core.money import format_usd, parse_usd
from budgets.models import Org, Team
from budgets.services.access import enters_office
from runs.core.rules import LIMITS
from runs.core.submission import MAX_TIME_LIMIT_SECONDS
from runs.models import Run
from runs.services import login

MAX_MINUTES = MAX_TIME_LIMIT_SECONDS // 60
# Pages whose state can be kept, by the name of their address.
PAGES = ("overview", "runs", "quality", "costs", "providers")


class MoneyField(forms.CharField):
    """An amount in US dollars, read as nano-dollars; empty is None."""

    def clean(self, value: Any) -> int | None:
        text = str(super().clean(value)).strip().removeprefix("$").replace(",", "")
        if not text:
            return None
        try:
            nanousd = parse_usd(text)
        except InvalidAmount as error:
            raise forms.ValidationError(f"Not an amount: {error}.") from error
        if nanousd == 0:
            raise forms.ValidationError("Nothing can be done for $0: give an amount above it.")
        return nanousd


def _money_field(label: str, help_text: str) -> MoneyField:
    return MoneyField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


if TYPE_CHECKING:
    from django.contrib.admin.forms import AdminAuthenticationForm

    TeamChoice = forms.ModelChoiceField[Team]
else:
    from unfold.forms import AuthenticationForm as AdminAuthenticationForm

    TeamChoice = forms.ModelChoiceField


class TeamField(TeamChoice):
    """A team by its name; `str()` of one names its org too."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class SubmitForm(forms.Form):
    """A new run. `teams` are those in which the person may start one."""

    project = forms.CharField(
        max_length=LIMITS.max_project_chars,
        widget=forms.Textarea(attrs={"rows": 8, "autofocus": True}),
        help_text="What is to be made, as you would explain it to a colleague who knows nothing "
        "of it yet.",
    )
    success_criteria = forms.CharField(
        max_length=LIMITS.max_criteria_chars,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="How the judges can tell that it is done.",
    )
    team = TeamField(Team.objects.none(), empty_label=None)
    budget_usd = _money_field("Budget", "Set aside at once; what is not spent goes back.")
    time_limit_minutes = forms.IntegerField(
        label="Time limit", min_value=1, max_value=MAX_MINUTES, initial=60
    )

    def __init__(self, teams: list[Team], data: Any = None) -> None:
        super().__init__(data)
        team = self.fields["team"]
        assert isinstance(team, TeamField)
        team.queryset = Team.objects.filter(pk__in=[each.pk for each in teams])
        if teams:
            self.fields["budget_usd"].widget.attrs["placeholder"] = format_usd(
                teams[0].org.default_run_budget_nanousd
            )
        if len(teams) == 1:
            team.required = False
            team.widget = forms.HiddenInput()
            team.initial = teams[0]


class ResumeForm(forms.Form):
    """Going on with a run, with more money or time where they ran out."""

    budget_usd = _money_field(
        "Whole budget from now on", "Includes what is spent already; it may stay as it is."
    )
    time_limit_minutes = forms.IntegerField(
        label="Time limit",
        min_value=1,
        max_value=MAX_MINUTES,
        help_text="Counted from when it goes on.",
    )

    def __init__(self, run: Run, data: Any = None) -> None:
        super().__init__(data, prefix=None, auto_id="resume_%s")
        self.fields["budget_usd"].initial = format_usd(run.budget_nanousd)
        self.fields["time_limit_minutes"].initial = max(1, run.time_limit_seconds // 60)


class SavedViewForm(forms.Form):
    """A name for the state of a page."""

    name = forms.CharField(max_length=80, error_messages={"required": "It needs a name."})
    page = forms.ChoiceField(choices=[(name, name) for name in PAGES])
    query = forms.CharField(max_length=4000, required=False)
    shared = forms.BooleanField(required=False)


class LoginForm(AuthenticationForm):
    """Name and password, looked at only while few tries have failed."""

    held_back: login.TooManyLogins | None = None

    def clean(self) -> dict[str, Any]:
        if not self.cleaned_data.get("username") or not self.cleaned_data.get("password"):
            return super().clean()
        address = str(self.request.META.get("REMOTE_ADDR", "")) if self.request else ""
        attempt = login.begin(self.cleaned_data["username"], address, timezone.now())
        if isinstance(attempt, login.TooManyLogins):
            self.held_back = attempt
            raise forms.ValidationError(_try_again(attempt), code="held_back")
        cleaned = super().clean()  # raises where they do not belong together
        login.succeeded(attempt, timezone.now())
        return cleaned


class OfficeLoginForm(LoginForm, AdminAuthenticationForm):
    """The same for the back office, which lets only its own people in."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse whoever is neither an operator nor an auditor."""
        LoginForm.confirm_login_allowed(self, user)
        if not enters_office(user):
            raise self.get_invalid_login_error()


def _try_again(held: login.TooManyLogins) -> str:
    minutes = max(1, round(held.seconds / 60))
    return (
        "Too many log-ins have failed for this name or from this address. Try again in "
        f"{minutes} {'minute' if minutes == 1 else 'minutes'}, at {held.until:%H:%M} UTC."
    )


class InviteForm(forms.Form):
    """Whom to invite, as what, to one of `places`: orgs and teams."""

    email = forms.EmailField(label="E-mail", max_length=254)
    role = forms.TypedChoiceField(
        choices=[(role.value, role.value) for role in Role], coerce=Role, initial=Role.DEVELOPER
    )
    place = forms.ChoiceField(label="Where")

    def __init__(self, places: list[Org | Team], data: Any = None) -> None:
        super().__init__(data, auto_id="invite_%s")
        self._places = {_key_of(place): place for place in places}
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (key, _name_of(place)) for key, place in self._places.items()
        ]

    def clean_place(self) -> Org | Team:
        return self._places[self.cleaned_data["place"]]


class JoinForm(forms.Form):
    """The password of somebody who was invited."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )
    again = forms.CharField(
        label="Once more",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("password") and given.get("password") != given.get("again"):
            self.add_error("again", "The two are not the same.")
        return given


def _key_of(place: Org | Team) -> str:
    return f"team-{place.pk}" if isinstance(place, Team) else f"org-{place.pk}"


def _name_of(place: Org | Team) -> str:
    return f"{place.org.name}: {place.name}" if isinstance(place, Team) else f"all of {place.name}"
