"""What the back office asks for about budgets and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import UsernameField
from django.utils.timezone import now

from budgets.core.access import Role
from budgets.core.errors import InvalidChange
from budgets.core.limits import check_limit, read_thresholds
from budgets.models import Budget, Membership, User
from budgets.selectors.members import is_last_owner, orgs_only_owned_by
from budgets.selectors.money import committed_nanousd

# The stubs know generics that Django has not, and nothing of the theme's forms.
if TYPE_CHECKING:
    from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

    BudgetModelForm = forms.ModelForm[Budget]
    MembershipModelForm = forms.ModelForm[Membership]
    ChangeForm = UserChangeForm[User]
    CreationForm = AdminUserCreationForm[User]
else:
    from unfold.forms import UserChangeForm as ChangeForm
    from unfold.forms import UserCreationForm as CreationForm

    BudgetModelForm = MembershipModelForm = forms.ModelForm


class UserForm(ChangeForm):
    """Django's own form, for this project's user."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"username": UsernameField}

    def clean_is_active(self) -> bool:
        """Refuse to switch off an organisation's last owner."""
        active = bool(self.cleaned_data["is_active"])
        if not active and (left := orgs_only_owned_by(self.instance)):
            raise forms.ValidationError(
                f"This is the last owner of {left[0]}: make somebody else an owner first."
            )
        return active


class NewUserForm(CreationForm):
    """Django's own form, with the address that every user needs."""

    class Meta:
        model = User
        fields = ("username", "email")
        field_classes = {"username": UsernameField}


class MembershipForm(MembershipModelForm):
    """A role in a team, or in a whole organisation."""

    class Meta:
        model = Membership
        fields = ["user", "org", "team", "role"]

    def clean(self) -> dict[str, Any]:
        """Refuse a team of another organisation, and to take the last owner's role away."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        org, team = given.get("org"), given.get("team")
        if org and team and team.org_id != org.pk:
            self.add_error("team", f"{team} is no team of {org}.")
        if self.instance.pk and given.get("role") != Role.OWNER and is_last_owner(self.instance):
            self.add_error("role", "This is the last owner: make somebody else an owner first.")
        return given


class BudgetForm(BudgetModelForm):
    """A budget; what may not be is refused here as it is everywhere."""

    class Meta:
        model = Budget
        fields = ["org", "team", "period", "limit_nanousd", "thresholds", "forecast_thresholds"]

    def clean(self) -> dict[str, Any]:
        """Refuse with the sentences that pages and API have."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        org, team = given.get("org"), given.get("team")
        if org and team and team.org_id != org.pk:
            self.add_error("team", f"{team} is no team of {org}.")
        try:
            for name in ("thresholds", "forecast_thresholds"):
                if name in given:
                    given[name] = read_thresholds(_listed(given[name]), name)
            if "limit_nanousd" in given:
                held = committed_nanousd(self.instance, now()) if self.instance.pk else 0
                check_limit(given["limit_nanousd"], held)
        except InvalidChange as refused:
            for field, sentences in refused.errors.items():
                name = "limit_nanousd" if field == "limit_usd" else field
                self.add_error(name, list(sentences))
        return given


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
