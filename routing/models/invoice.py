"""What became of prices that were found to be wrong: invoices compared, history priced anew."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class InvoiceCheck(models.Model):
    """One provider's invoice beside the calls of an organisation, as it was compared then.

    `digest` is the SHA-256 of the file, which itself is not kept. `lines` are what
    `routing.core.invoice_compare` says; dollars are nano-dollars. Days are UTC, both included.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org_id = models.BigIntegerField()
    provider = models.CharField(max_length=64)
    first_day = models.DateField()
    last_day = models.DateField()
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    ours_nanousd = models.BigIntegerField()
    theirs_nanousd = models.BigIntegerField()
    lines = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_id", "id"])]

    def __str__(self) -> str:
        return f"{self.provider} {self.first_day} to {self.last_day}"


class Repricing(models.Model):
    """One correction of what past calls of a model cost; `finished_at` null: it is not done.

    A worker goes through `total` calls in order of their ids, has looked at `looked_at`, and goes
    on behind `last_call_id`. `total` null: it was begun before there were steps, and interrupted.
    Figures are of what was corrected so far, nano-dollars before and after.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org_id = models.BigIntegerField()
    model = models.CharField(max_length=128)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    finished_at = models.DateTimeField(null=True)
    calls = models.PositiveIntegerField(default=0)
    before_nanousd = models.BigIntegerField(default=0)
    after_nanousd = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    looked_at = models.PositiveIntegerField(default=0)
    last_call_id = models.UUIDField(null=True)
    stepped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_id", "id"])]
        constraints = [
            # Two at once would each tell half of what was corrected.
            models.UniqueConstraint(
                name="repricing_one_at_a_time",
                fields=["org_id", "model"],
                condition=models.Q(finished_at__isnull=True, total__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.starts_at:%Y-%m-%d}"

    @property
    def is_going_on(self) -> bool:
        """Tell whether a worker goes through it, or is going to."""
        return self.finished_at is None and self.total is not None
