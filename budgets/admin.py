"""The back office: tenants can be edited, money can only be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import now

from budgets.core.errors import InvalidChange
from budgets.core.limits import check_limit, read_thresholds
from budgets.core.money import format_usd
from budgets.core.period import PeriodKind
from budgets.models import (
    ApiKey,
    Budget,
    BudgetPeriod,
    Hold,
    LedgerLine,
    Membership,
    Org,
    Reservation,
    Team,
    User,
)
from budgets.selectors.money import committed_nanousd
from budgets.services.access import caller_of_user
from budgets.services.keys import revoke_key
from budgets.services.limits import Wanted, change_budget, create_budget

# The stubs know these as generics; Django itself does not.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ChangeForm = UserChangeForm[User]
    CreationForm = AdminUserCreationForm[User]
    PeopleAdmin = UserAdmin[User]
    BudgetModelForm = forms.ModelForm[Budget]
else:
    ModelAdmin = admin.ModelAdmin
    ChangeForm = UserChangeForm
    CreationForm = AdminUserCreationForm
    PeopleAdmin = UserAdmin
    BudgetModelForm = forms.ModelForm


class UserForm(ChangeForm):
    """Django's own form, for this project's user."""

    class Meta(UserChangeForm.Meta):
        model = User


class NewUserForm(CreationForm):
    """Django's own form, with the address that every user needs."""

    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "email")


@admin.register(User)
class PersonAdmin(PeopleAdmin):
    """People who log in."""

    form = UserForm
    add_form = NewUserForm
    add_fieldsets = (
        (None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),
    )


class ReadOnlyAdmin(ModelAdmin):
    """Show rows that only the ledger writes."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


@admin.register(Org)
class OrgAdmin(ModelAdmin):
    """Tenants."""

    list_display = ["name", "slug", "time_zone"]
    search_fields = ["name", "slug"]


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    """Teams of tenants."""

    list_display = ["name", "slug", "org", "hold_mode"]
    list_filter = ["org"]
    list_select_related = ["org"]
    search_fields = ["name", "slug"]


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    """Who is what, where."""

    list_display = ["user", "org", "team", "role"]
    list_filter = ["org", "role"]
    list_select_related = ["user", "org", "team"]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys, never the key itself: make one with `manage.py create_api_key`."""

    list_display = ["name", "prefix", "team", "expires_at", "revoked_at", "last_used_at"]
    list_select_related = ["team"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke: these keys open nothing from now on")
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Revoke those that still open something."""
        at = now()
        count = sum(revoke_key(key, at) for key in keys)
        self.message_user(request, f"{count} revoked.")


class BudgetForm(BudgetModelForm):
    """A budget; what may not be is refused here as it is everywhere."""

    class Meta:
        model = Budget
        fields = ["org", "team", "period", "limit_nanousd", "thresholds", "forecast_thresholds"]

    def clean(self) -> dict[str, Any]:
        """Refuse with the sentences that pages and API have."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
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


@admin.register(Budget)
class BudgetAdmin(ModelAdmin):
    """Limits. A new limit counts at once and is recorded with the person's name."""

    form = BudgetForm
    list_display = ["__str__", "org", "team", "period", "limit"]
    list_filter = ["org", "period"]
    list_select_related = ["org", "team"]

    @admin.display(description="limit")
    def limit(self, budget: Budget) -> str:
        """Show dollars."""
        return f"${format_usd(budget.limit_nanousd)}"

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> list[str]:
        """Let only limit and thresholds of an existing budget change."""
        return ["org", "team", "period"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Budget | None = None) -> bool:
        """Refuse: its periods are history."""
        return False

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        """Change a budget where budgets are changed, so that the current period follows."""
        at, by = now(), caller_of_user(cast(User, request.user))
        wanted = Wanted(obj.limit_nanousd, obj.thresholds, obj.forecast_thresholds)
        if change:
            change_budget(obj, wanted, by=by, now=at)
            return
        made = create_budget(
            org=obj.org, team=obj.team, period=PeriodKind(obj.period), wanted=wanted, by=by, now=at
        )
        obj.pk = made.pk


@admin.register(BudgetPeriod)
class BudgetPeriodAdmin(ReadOnlyAdmin):
    """Counters."""

    list_display = ["budget", "starts_at", "limit_nanousd", "spent_nanousd", "held_nanousd"]
    list_select_related = ["budget__org", "budget__team"]


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Money set aside for runs."""

    list_display = ["id", "run_id", "team", "amount_nanousd", "spent_nanousd", "closed_at"]
    list_select_related = ["team"]
    search_fields = ["=run_id"]


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """Money of single calls."""

    list_display = ["call_id", "run_id", "phase", "model", "amount_nanousd", "state"]
    list_filter = ["state", "phase"]
    search_fields = ["=run_id", "=call_id"]


@admin.register(LedgerLine)
class LedgerLineAdmin(ReadOnlyAdmin):
    """Every move of money; the unconfirmed and the flagged ones wait for a person."""

    list_display = ["id", "at", "kind", "amount_nanousd", "over_bound", "run_id", "call_id"]
    list_filter = ["kind", "over_bound"]
    search_fields = ["=run_id", "=call_id"]
