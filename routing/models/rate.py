"""Limits of rate that an operator sets, and what was taken of every limit, for all workers."""

from __future__ import annotations

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce

from routing.core.rates import Scope

AT_LEAST_ONE = [MinValueValidator(1)]
CAPS = ("requests_per_minute", "tokens_per_minute", "nanousd_per_hour", "tokens_per_day")


def _cap(help_text: str = "") -> Any:
    return models.PositiveBigIntegerField(
        null=True, blank=True, validators=AT_LEAST_ONE, help_text=help_text
    )


class RateLimit(models.Model):
    """How much may pass in a minute, an hour or a day; an empty figure limits nothing.

    `org_id` and `team_id` narrow whose calls are counted; empty: everybody's together.
    """

    scope = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Scope])
    name = models.CharField(
        max_length=128, blank=True, help_text="The provider or model; empty for org and team."
    )
    org_id = models.BigIntegerField(null=True, blank=True)
    team_id = models.BigIntegerField(null=True, blank=True)
    requests_per_minute = _cap()
    tokens_per_minute = _cap("In and out together.")
    nanousd_per_hour = _cap("In nano-dollars: $1 is 1,000,000,000.")
    tokens_per_day = _cap("In and out together.")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["scope", "name", "org_id", "team_id"]
        constraints = [
            models.UniqueConstraint(
                "scope",
                "name",
                Coalesce("org_id", 0),
                Coalesce("team_id", 0),
                name="rate_limit_once",
            ),
            models.CheckConstraint(
                name="rate_limit_says_whose",
                condition=models.Q(scope__in=["provider", "model"]) & ~models.Q(name="")
                | models.Q(scope="org", name="", org_id__isnull=False, team_id__isnull=True)
                | models.Q(scope="team", name="", team_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        whose = self.name or f"{self.team_id if self.scope == Scope.TEAM else self.org_id}"
        return f"{self.scope} {whose}"


class RateWindow(models.Model):
    """What was lately taken of one limit; `taken` is read by `routing.core.rates`.

    A row may be lost without harm but that a limit's count starts afresh.
    """

    key = models.CharField(max_length=160, unique=True)
    at = models.FloatField(default=0.0)
    taken = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.key
