"""Kinds of tables of the back office: edited, edited under one's name, or only looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils import timezone
from unfold import admin as unfold
from unfold.paginator import InfinitePaginator

from telemetry.admin.calendar import DatedList, LongList
from telemetry.services.changes import record_change

# The stubs know these as generics; the libraries themselves do not.
if TYPE_CHECKING:
    from django.contrib import admin

    _Table = admin.ModelAdmin[Any]
    _Rows = admin.TabularInline[Any, Any]
else:
    _Table = unfold.ModelAdmin
    _Rows = unfold.TabularInline


class TableAdmin(_Table):
    """Show a table in the office's look."""

    list_fullwidth = True
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DatedList]:
        """Return the list that survives any date."""
        return DatedList


class ReadOnly:
    """Refuses to add, change and delete: only the engine, or a service, writes these rows."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse."""
        return False


class ReadOnlyAdmin(ReadOnly, TableAdmin):
    """Show rows that nobody edits; actions may ask for the permission "act"."""

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Tell whether a person may do more than look."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


class LongAdmin(ReadOnlyAdmin):
    """Show millions of rows: they are in order of time by their key, and never counted."""

    paginator = InfinitePaginator
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LongList]:
        """Return the list that knows its dates from its two ends."""
        return LongList


class ReadOnlyRows(ReadOnly, _Rows):
    """Show what belongs to a row, below it."""

    can_delete = False
    extra = 0


class RecordingAdmin(TableAdmin):
    """Writes every change into the log of decisions, under the person's name."""

    what = ""

    def facts_of(self, obj: Any) -> dict[str, Any]:
        """Return what is recorded of a row; never a secret."""
        return model_to_dict(obj)

    def org_of(self, obj: Any) -> int | None:
        """Return whose change it is; None: the house's."""
        org_id: int | None = getattr(obj, "org_id", None)
        return org_id

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save it, and keep what it was."""
        old = type(obj)._default_manager.filter(pk=obj.pk).first() if change else None
        form.facts_before = None if old is None else self.facts_of(old)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what belongs to it, and record who changed it."""
        super().save_related(request, form, formsets, change)
        after = self.facts_of(form.instance)
        if after != form.facts_before:
            self._record(request, form.instance, form.facts_before, after)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove it, and record who did."""
        before = self.facts_of(obj)
        super().delete_model(request, obj)
        self._record(request, obj, before, None)

    def _record(self, request: HttpRequest, obj: Model, before: Any, after: Any) -> None:
        record_change(
            self.what,
            str(obj),
            actor=request.user.get_username(),
            at=timezone.now(),
            before=before,
            after=after,
            org_id=self.org_of(obj),
        )
