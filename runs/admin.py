"""Runs in the back office: to be looked up, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from runs.forms import OfficeLoginForm
from runs.models import Attempt, Feedback, Run, Task, WebhookDelivery
from runs.services.webhooks import redeliver

if TYPE_CHECKING:
    Lookup = admin.ModelAdmin[Any]
    Rows = admin.TabularInline[Any, Any]
else:
    Lookup = admin.ModelAdmin
    Rows = admin.TabularInline


admin.site.login_form = OfficeLoginForm


class ReadOnly:
    """Whatever is shown was written by the engine, and only the engine may write it."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class TaskRows(ReadOnly, Rows):
    model = Task
    fields = ("key", "type", "status", "score", "model", "iterations", "cost_nanousd", "failure")
    show_change_link = True


class AttemptRows(ReadOnly, Rows):
    model = Attempt
    fields = ("number", "kind", "model", "reviewer", "score", "validators_passed", "cost_nanousd")


@admin.register(Run)
class RunAdmin(ReadOnly, Lookup):
    list_display = ("id", "team", "status", "score", "tasks_done", "tasks_total", "created_at")
    list_filter = ("status", "team")
    list_select_related = ("team",)
    search_fields = ("id", "project")
    ordering = ("-id",)
    show_full_result_count = False
    exclude = ("signature",)
    inlines = (TaskRows,)


@admin.register(Task)
class TaskAdmin(ReadOnly, Lookup):
    list_display = ("run", "key", "type", "status", "score", "model", "iterations")
    list_filter = ("status", "type")
    list_select_related = ("run",)
    ordering = ("-id",)
    show_full_result_count = False
    inlines = (AttemptRows,)


@admin.register(Feedback)
class FeedbackAdmin(ReadOnly, Lookup):
    list_display = ("task", "score", "by", "at")
    list_select_related = ("task", "by")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, Lookup):
    list_display = ("run", "event", "tries", "response_status", "delivered_at", "next_try_at")
    list_filter = ("event",)
    show_full_result_count = False
    actions = ("send_again",)

    @admin.action(description="Send again, whatever came of it")
    def send_again(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        now = timezone.now()
        for delivery in deliveries:
            redeliver(delivery.pk, now)
        self.message_user(request, f"{len(deliveries)} queued.")
