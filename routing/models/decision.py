"""Every decision that routing took, append-only."""

from __future__ import annotations

from typing import Any

from django.db import models
from uuid_utils.compat import uuid7


class Kind(models.TextChoices):
    ROUTE = "route"
    BUDGET = "budget"
    POLICY = "policy"


class Outcome(models.TextChoices):
    ALLOW = "allow"
    DENY = "deny"
    WARN = "warn"


class Decision(models.Model):
    """Why a call went to a model, or to none."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    at = models.DateTimeField()
    org_id = models.BigIntegerField()
    team_id = models.BigIntegerField(null=True)
    run_id = models.UUIDField(null=True)
    task_key = models.CharField(max_length=64, blank=True)
    call_id = models.UUIDField(null=True)
    phase = models.CharField(max_length=16, blank=True)
    kind = models.CharField(max_length=8, choices=Kind)
    outcome = models.CharField(max_length=8, choices=Outcome)
    policy = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(null=True)
    model = models.CharField(max_length=128, blank=True)
    inputs = models.JSONField(default=dict)
    candidates = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["run_id", "id"]),
            models.Index(fields=["org_id", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome} {self.model}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a decision is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("a decision is never deleted")
