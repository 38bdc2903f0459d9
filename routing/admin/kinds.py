"""Tables of the back office: those only looked at, and those whose changes are logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils import timezone

from telemetry.services.changes import record_change

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Show rows that only calls and their outcomes write."""

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


class RecordingAdmin(ModelAdmin):
    """Writes every change into the log of decisions, under the person's name."""

    what = ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save it, and record who did."""
        old = type(obj)._default_manager.filter(pk=obj.pk).first() if change else None
        before = None if old is None else model_to_dict(old)
        super().save_model(request, obj, form, change)
        self._record(request, obj, before, model_to_dict(obj))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove it, and record who did."""
        before = model_to_dict(obj)
        super().delete_model(request, obj)
        self._record(request, obj, before, None)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Remove several, one by one."""
        for obj in queryset:
            self.delete_model(request, obj)

    def _record(self, request: HttpRequest, obj: Model, before: Any, after: Any) -> None:
        record_change(
            self.what,
            str(obj),
            actor=request.user.get_username(),
            at=timezone.now(),
            before=before,
            after=after,
            org_id=None,
        )
