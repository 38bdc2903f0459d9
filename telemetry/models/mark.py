"""How far each journal has come, so that no batch of it is applied twice."""

from __future__ import annotations

from django.db import models


class JournalMark(models.Model):
    """The number of the last batch that a writer committed, written in that batch."""

    writer = models.CharField(max_length=32, primary_key=True)
    number = models.BigIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.writer}: {self.number}"
