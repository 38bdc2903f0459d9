"""What was sent, or is still to be sent, to a run's webhook."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from runs.models.run import Run


class WebhookDelivery(models.Model):
    """One message to one address, with every try counted."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="deliveries")
    url = models.URLField(max_length=500)
    event = models.CharField(max_length=48)
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
                name="delivery_due",
                condition=models.Q(next_try_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.url}"
