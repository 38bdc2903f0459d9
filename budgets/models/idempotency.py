"""What was answered to a request that may be sent again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class IdempotentRequest(models.Model):
    """One Idempotency-Key of one team's key or one person. `status` null: still in flight."""

    team = models.ForeignKey(
        "budgets.Team", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    user = models.ForeignKey(
        "budgets.User", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    response = models.JSONField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "key"], name="idempotent_key_unique_in_team"),
            models.UniqueConstraint(fields=["user", "key"], name="idempotent_key_unique_for_user"),
            models.CheckConstraint(
                name="idempotent_one_owner",
                condition=Q(team__isnull=True, user__isnull=False)
                | Q(team__isnull=False, user__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
