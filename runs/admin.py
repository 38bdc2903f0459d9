"""Runs in the back office: to be looked up, never changed."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from runs.models import Attempt, Feedback, Run, Task, WebhookDelivery
from runs.services.webhooks import redeliver
from telemetry.admin.kinds import ReadOnlyAdmin, ReadOnlyRows


class TaskRows(ReadOnlyRows):
    model = Task
    fields = ("key", "type", "status", "score", "model", "iterations", "cost_nanousd", "failure")
    show_change_link = True


class AttemptRows(ReadOnlyRows):
    model = Attempt
    fields = ("number", "kind", "model", "reviewer", "score", "validators_passed", "cost_nanousd")


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ("id", "team", "status", "score", "tasks_done", "tasks_total", "created_at")
    list_filter = ("status", "team")
    list_select_related = ("team",)
    search_fields = ("id", "project")
    ordering = ("-id",)
    exclude = ("signature",)
    inlines = (TaskRows,)


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ("run", "key", "type", "status", "score", "model", "iterations")
    list_filter = ("status", "type")
    list_select_related = ("run",)
    ordering = ("-id",)
    inlines = (AttemptRows,)


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    list_display = ("task", "score", "by", "at")
    list_select_related = ("task", "by")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("run", "event", "tries", "response_status", "delivered_at", "next_try_at")
    list_filter = ("event",)
    actions = ("send_again",)

    @admin.action(description="Send again, whatever came of it", permissions=["act"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]) -> None:
        now = timezone.now()
        for delivery in deliveries:
            redeliver(delivery.pk, now)
        self.message_user(request, f"{len(deliveries)} queued.")
