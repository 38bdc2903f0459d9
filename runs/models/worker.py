"""Which worker pools live."""

from __future__ import annotations

from django.db import models


class WorkerPool(models.Model):
    """One pool of workers, by host and process, and when it was last heard of."""

    name = models.CharField(max_length=80, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
