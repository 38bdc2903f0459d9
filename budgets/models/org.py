"""Who pays: organisations and their teams."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models

from budgets.core.money import NANOUSD_PER_USD


def check_time_zone(value: str) -> None:
    """Raises: ValidationError when the name is in no time zone table."""
    if value not in available_timezones():
        raise ValidationError("%(value)s is no time zone", params={"value": value})


class Org(models.Model):
    """A tenant. Its budgets' periods begin and end in its time zone."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])
    default_run_budget_nanousd = models.BigIntegerField(default=2 * NANOUSD_PER_USD)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="org_default_run_budget_positive",
                condition=models.Q(default_run_budget_nanousd__gt=0),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone; a name that became invalid raises ZoneInfoNotFoundError."""
        return ZoneInfo(self.time_zone)


class HoldMode(models.TextChoices):
    """How much a run sets aside when it is submitted."""

    BUDGET = "budget", "The run's whole budget"
    FORECAST = "forecast", "The forecast's upper bound, extended as it goes"


class Team(models.Model):
    """A part of an org, with keys, runs and perhaps a budget of its own."""

    org = models.ForeignKey(Org, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=50)
    hold_mode = models.CharField(max_length=8, choices=HoldMode, default=HoldMode.BUDGET)
    # Null: every model. A list: these only.
    allowed_models = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Since when it takes no runs and its keys open nothing; all that was stays.
    archived_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "slug"], name="team_slug_unique_in_org")
        ]

    def __str__(self) -> str:
        return self.name
