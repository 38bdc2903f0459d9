"""API keys in the back office: looked at and revoked."""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import now

from budgets.models import ApiKey, User
from budgets.services.access import caller_of_user
from budgets.services.keys import take_key
from telemetry.admin.kinds import ReadOnlyAdmin


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys, never the key itself: make one with `manage.py create_api_key`."""

    list_display = ["name", "prefix", "team", "expires_at", "revoked_at", "last_used_at"]
    list_filter = ["team__org", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["team__org"]
    search_fields = ["name", "prefix", "team__name"]
    date_hierarchy = "created_at"
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke: these keys open nothing from now on", permissions=["act"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Revoke those that still open something."""
        at, by = now(), caller_of_user(cast(User, request.user))
        count = sum(take_key(key, by=by, now=at) for key in keys)
        self.message_user(request, f"{count} revoked.")
