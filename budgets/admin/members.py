"""Who is what, in the back office, by the rules that hold everywhere."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.timezone import now

from budgets.core.access import Role
from budgets.core.errors import InvalidChange
from budgets.forms import MembershipForm
from budgets.models import Invitation, Membership, User
from budgets.selectors.members import is_last_owner
from budgets.services.access import caller_of_user
from budgets.services.members import add_member, change_role, deactivate
from telemetry.admin.kinds import ReadOnlyAdmin, TableAdmin


@admin.register(Membership)
class MembershipAdmin(TableAdmin):
    """Who is what, where; without a team: in the whole organisation. Its last owner stays."""

    form = MembershipForm
    list_display = ["user", "org", "team", "role"]
    list_filter = ["role", "org"]
    list_select_related = ["user", "org", "team"]
    search_fields = ["user__username", "user__email", "org__name", "team__name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        """Let only the role of a member change."""
        return ["user", "org", "team"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Refuse to remove the last owner."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and not (obj is not None and is_last_owner(obj))

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Change the role, or add the member, and record who did."""
        at, by, role = now(), caller_of_user(cast(User, request.user)), Role(obj.role)
        if change:
            change_role(obj, role, by=by, now=at, house=True)
        else:
            made = add_member(obj.user, obj.org, obj.team, role, by=by.name, now=at)
            obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Take the membership away, and record who did."""
        by = caller_of_user(cast(User, request.user))
        try:
            deactivate(obj, by=by, now=now(), house=True)
        except InvalidChange as refused:  # somebody else left meanwhile
            raise PermissionDenied(str(refused)) from refused


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Offers by e-mail; made and withdrawn under *Settings, Members*."""

    list_display = [
        "email", "org", "team", "role", "invited_by", "created_at", "expires_at", "accepted_at",
        "withdrawn_at",
    ]  # fmt: skip
    list_filter = ["role", "org", ("accepted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["org", "team"]
    search_fields = ["email", "invited_by"]
    date_hierarchy = "created_at"
