"""What people are told of budgets: the alert, where it is sent, and what came of it."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from budgets.core.alert import AlertKind, ChannelKind
from budgets.models.choices import choices_of


class BudgetAlert(models.Model):
    """One threshold that one period passed, with the figures of that moment.

    `projected_nanousd` null: it is about what was spent. `fanned_out_at` null: its deliveries are
    still to be made.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    period = models.ForeignKey(
        "budgets.BudgetPeriod", on_delete=models.PROTECT, related_name="alerts"
    )
    kind = models.CharField(max_length=8, choices=choices_of(AlertKind))
    percent = models.PositiveSmallIntegerField()
    limit_nanousd = models.BigIntegerField()
    spent_nanousd = models.BigIntegerField()
    held_nanousd = models.BigIntegerField()
    projected_nanousd = models.BigIntegerField(null=True)
    runs_out_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    fanned_out_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "kind", "percent"], name="alert_once_a_period"
            ),
        ]
        indexes = [
            models.Index(
                fields=["at"], name="alert_to_fan_out", condition=models.Q(fanned_out_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.percent} %"


class AlertChannel(models.Model):
    """Where alerts go. `team` null: those of all budgets of the org."""

    org = models.ForeignKey("budgets.Org", on_delete=models.CASCADE, related_name="channels")
    team = models.ForeignKey(
        "budgets.Team", on_delete=models.CASCADE, null=True, blank=True, related_name="channels"
    )
    kind = models.CharField(max_length=8, choices=choices_of(ChannelKind))
    # E-mail addresses with commas, or a URL.
    target = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    removed_at = models.DateTimeField(null=True)  # its log stays

    def __str__(self) -> str:
        return f"{self.kind} of {self.team or self.org}"


class AlertDelivery(models.Model):
    """One message to one channel, with every try counted. `alert` null: a test."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.ForeignKey(AlertChannel, on_delete=models.PROTECT, related_name="deliveries")
    alert = models.ForeignKey(
        BudgetAlert, on_delete=models.PROTECT, null=True, related_name="deliveries"
    )
    payload = models.JSONField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)  # null: nothing more will be tried
    delivered_at = models.DateTimeField(null=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="alert_delivery_due",
                condition=models.Q(next_try_at__isnull=False),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "alert"], name="alert_delivery_once_a_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.alert_id or 'test'}"
