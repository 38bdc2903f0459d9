"""Tenants and people in the back office. None is ever deleted: what they did names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.forms import AdminPasswordChangeForm

from budgets.forms import NewUserForm, UserForm
from budgets.models import Org, SignIn, Team, User
from budgets.services.sign_ins import end_session
from telemetry.admin.kinds import ReadOnlyAdmin, RecordingAdmin

# The stubs know it as a generic; Django itself does not.
if TYPE_CHECKING:
    PeopleAdmin = UserAdmin[User]
else:
    PeopleAdmin = UserAdmin

admin.site.unregister(Group)


class Kept:
    """Refuses to delete."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


@admin.register(Group)
class RightsAdmin(GroupAdmin, RecordingAdmin):
    """Groups of rights in the office, such as those of its auditors."""

    what = "group of rights"

    def facts_of(self, obj: Any) -> dict[str, Any]:
        """Return the group's rights by name."""
        rights = obj.permissions.values_list("content_type__app_label", "codename")
        return {"name": obj.name, "rights": sorted(f"{app}.{name}" for app, name in rights)}


@admin.register(User)
class PersonAdmin(Kept, PeopleAdmin, RecordingAdmin):
    """People who log in; who leaves is switched off."""

    what = "person"
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    add_fieldsets = (
        (None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),
    )
    list_display = ["username", "email", "is_active", "is_staff", "is_superuser", "last_login"]
    date_hierarchy = "date_joined"

    def facts_of(self, obj: Any) -> dict[str, Any]:
        """Return their rights, and nothing of their password."""
        return {
            "email": obj.email,
            "is_active": obj.is_active,
            "is_staff": obj.is_staff,
            "is_superuser": obj.is_superuser,
            "groups": sorted(obj.groups.values_list("name", flat=True)),
        }


@admin.register(Org)
class OrgAdmin(Kept, RecordingAdmin):
    """Tenants."""

    what = "organisation"
    list_display = ["name", "slug", "time_zone", "created_at"]
    list_filter = ["time_zone"]
    search_fields = ["name", "slug"]
    date_hierarchy = "created_at"

    def get_readonly_fields(self, request: HttpRequest, obj: Org | None = None) -> list[str]:
        """Keep the time zone: another would cut the current period's counters in two."""
        return ["time_zone"] if obj else []

    def org_of(self, obj: Any) -> int | None:
        """Return itself."""
        return int(obj.pk)


@admin.register(Team)
class TeamAdmin(Kept, RecordingAdmin):
    """Teams of tenants."""

    what = "team"
    list_display = ["name", "slug", "org", "hold_mode", "created_at", "archived_at"]
    list_filter = ["org", "hold_mode", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["org"]
    search_fields = ["name", "slug", "org__name"]
    date_hierarchy = "created_at"

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> list[str]:
        """Keep the organisation: ledger lines name both."""
        return ["org"] if obj else []


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin):
    """Browser sessions by which people are logged in; the session's key is not shown."""

    list_display = ["user", "at", "address", "agent"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__email", "=address"]
    date_hierarchy = "at"
    exclude = ["session_key"]
    actions = ["end"]

    @admin.action(description="End: who uses these has to log in again", permissions=["act"])
    def end(self, request: HttpRequest, sign_ins: QuerySet[SignIn]) -> None:
        """End those that still open something."""
        at = now()
        count = sum(end_session(one.user, one.pk, at) for one in sign_ins.select_related("user"))
        self.message_user(request, f"{count} ended.")
