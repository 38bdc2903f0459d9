"""Who changed which budget, and the raises that end by themselves."""

from __future__ import annotations

from django.db import models

from budgets.core.limits import ChangeKind
from budgets.models.append_only import AppendOnly
from budgets.models.choices import choices_of


class BudgetChange(AppendOnly):
    """One change of a budget, append-only. `before` and `after` hold only what changed."""

    budget = models.ForeignKey("budgets.Budget", on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=choices_of(ChangeKind))
    # The name stays when the person or the key is gone.
    actor = models.CharField(max_length=150)
    user = models.ForeignKey(
        "budgets.User", on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor}"


class BudgetRaise(models.Model):
    """More room for a while. It counts from when it is made until `expires_at` or `ended_at`."""

    budget = models.ForeignKey("budgets.Budget", on_delete=models.PROTECT, related_name="raises")
    amount_nanousd = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # taken back before it expired

    class Meta:
        indexes = [models.Index(fields=["budget", "expires_at"], name="raise_by_expiry")]
        constraints = [
            models.CheckConstraint(
                name="raise_amount_positive", condition=models.Q(amount_nanousd__gt=0)
            ),
            models.CheckConstraint(
                name="raise_expires_later",
                condition=models.Q(expires_at__gt=models.F("created_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_nanousd} until {self.expires_at:%Y-%m-%d %H:%M}"
