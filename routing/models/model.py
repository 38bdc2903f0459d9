"""Models added or changed by people, providers left out, and prices that replace the price map's.

A row with an organisation counts for that one alone, and before a row of the house.
"""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from routing.core.catalog import TIERS

NOT_NEGATIVE = [MinValueValidator(0)]


class Model(models.Model):
    """Adds a model to the catalogue, or changes the one of the same name.

    What is left empty comes from the catalogue's line, else from litellm's price map. `org_id`
    null: the house's.
    """

    org_id = models.BigIntegerField(null=True, blank=True)
    name = models.CharField(max_length=128)
    provider = models.CharField(max_length=64, blank=True)
    litellm_name = models.CharField(max_length=160, blank=True)
    tier = models.CharField(max_length=16, blank=True, choices=[(tier, tier) for tier in TIERS])
    task_types = models.JSONField(null=True, blank=True)
    context_window = models.PositiveIntegerField(null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    reasoning = models.BooleanField(null=True, blank=True)
    region = models.CharField(max_length=32, blank=True)
    tags = models.JSONField(null=True, blank=True)
    priced_as = models.CharField(max_length=160, blank=True)
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "name", Coalesce("org_id", 0), name="model_once_in_house_and_org"
            )
        ]

    def __str__(self) -> str:
        return self.name


class DisabledProvider(models.Model):
    """A provider that an organisation does not call. No row: it does, where a key is there."""

    org_id = models.BigIntegerField()
    name = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org_id", "name"], name="provider_disabled_once")
        ]

    def __str__(self) -> str:
        return self.name


class PriceOverride(models.Model):
    """A model's price in dollars per million tokens, from a day on, instead of the price map's.

    An empty class costs what it does in the map's absence: cached and written input as input,
    reasoning as output. Of several that hold, the one that starts last counts, and of those that
    start together the one entered last: a mistake is corrected by another row, never by a change.
    """

    org_id = models.BigIntegerField(null=True, blank=True)
    model = models.CharField(max_length=128)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    input_usd = models.DecimalField(max_digits=14, decimal_places=6, validators=NOT_NEGATIVE)
    output_usd = models.DecimalField(max_digits=14, decimal_places=6, validators=NOT_NEGATIVE)
    cache_read_usd = models.DecimalField(
        max_digits=14, decimal_places=6, null=True, blank=True, validators=NOT_NEGATIVE
    )
    cache_write_usd = models.DecimalField(
        max_digits=14, decimal_places=6, null=True, blank=True, validators=NOT_NEGATIVE
    )
    cache_write_long_usd = models.DecimalField(
        max_digits=14, decimal_places=6, null=True, blank=True, validators=NOT_NEGATIVE
    )
    reasoning_usd = models.DecimalField(
        max_digits=14, decimal_places=6, null=True, blank=True, validators=NOT_NEGATIVE
    )
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=150, blank=True, editable=False)

    class Meta:
        ordering = ["model", "starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="price_override_not_negative",
                condition=models.Q(input_usd__gte=0, output_usd__gte=0),
            ),
            models.CheckConstraint(
                name="price_override_ends_after_start",
                condition=models.Q(ends_at__isnull=True)
                | models.Q(ends_at__gt=models.F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.starts_at:%Y-%m-%d}"
