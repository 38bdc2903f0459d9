"""The breakers, one row a model, shared by all workers."""

from __future__ import annotations

from django.db import models

from routing.core import breaker


class State(models.TextChoices):
    CLOSED = breaker.CLOSED
    OPEN = breaker.OPEN
    HALF_OPEN = breaker.HALF_OPEN


class Breaker(models.Model):
    """What is known of one model's health; no row: nothing bad yet."""

    model = models.CharField(max_length=128, unique=True)
    state = models.CharField(max_length=12, default=State.CLOSED, choices=State)
    strikes = models.PositiveIntegerField(default=0)
    cooldown_seconds = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    permanent = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, blank=True)
    probe_started_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["model"]

    def __str__(self) -> str:
        return f"{self.model} {self.state}"
