"""What calls taught: quality by model and task type, and replies worth keeping a day."""

from __future__ import annotations

from django.db import models


class QualityProfile(models.Model):
    """Sums over the evaluated attempts of one model at one kind of task in one organisation."""

    org_id = models.BigIntegerField()
    model = models.CharField(max_length=128)
    task_type = models.CharField(max_length=32)
    n = models.PositiveIntegerField(default=0)
    score_sum = models.FloatField(default=0.0)
    score_sumsq = models.FloatField(default=0.0)
    cost_sum_nanousd = models.BigIntegerField(default=0)
    latency_sum_ms = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org_id", "model", "task_type"], name="quality_profile_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.task_type}"


class CachedReply(models.Model):
    """A team's reply to one exact request; `key` is `routing.core.request.cache_key`."""

    team_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    reply = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team_id", "key"], name="cached_reply_once"),
        ]
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return self.key
