"""Runs in the back office: to be looked up, never changed."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from budgets.admin.columns import dollars
from runs.models import Attempt, Feedback, Run, Task, WebhookDelivery
from runs.services.webhooks import redeliver
from telemetry.admin.kinds import LongAdmin, ReadOnlyAdmin, ReadOnlyRows


class TaskRows(ReadOnlyRows):
    model = Task
    fields = ("key", "type", "status", "score", "model", "iterations", "cost_nanousd", "failure")
    show_change_link = True


class AttemptRows(ReadOnlyRows):
    model = Attempt
    fields = ("number", "kind", "model", "reviewer", "score", "validators_passed", "cost_nanousd")


@admin.register(Run)
class RunAdmin(LongAdmin):
    list_display = (
        "id", "org", "team", "status", "score", "tasks_done", "tasks_total",
        dollars("budget_nanousd"), "created_at",
    )  # fmt: skip
    list_filter = ("status", "org", "team")
    list_select_related = ("org", "team")
    search_fields = ("=id", "project")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    exclude = ("signature",)
    inlines = (TaskRows,)


@admin.register(Task)
class TaskAdmin(LongAdmin):
    list_display = (
        "run", "key", "type", "status", "score", "model", "iterations", dollars("cost_nanousd"),
    )  # fmt: skip
    list_filter = ("status", "type")
    list_select_related = ("run",)
    search_fields = ("=run__id", "key", "model")
    date_hierarchy = "run__created_at"
    ordering = ("-id",)
    inlines = (AttemptRows,)


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    list_display = ("task", "score", "by", "at", "corrected_at")
    list_filter = ("task__type",)
    list_select_related = ("task", "by")
    search_fields = ("by__username", "=task__run__id")
    date_hierarchy = "at"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("run", "event", "tries", "response_status", "delivered_at", "next_try_at")
    list_filter = ("event", ("delivered_at", admin.EmptyFieldListFilter))
    list_select_related = ("run",)
    search_fields = ("=run__id", "url", "error")
    date_hierarchy = "created_at"
    actions = ("send_again",)

    @admin.action(description="Send again, whatever came of it", permissions=["act"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        now = timezone.now()
        for delivery in deliveries:
            redeliver(delivery.pk, now)
        self.message_user(request, f"{len(deliveries)} queued.")
