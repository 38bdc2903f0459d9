"""Models added or changed by an operator, and prices that replace the price map's."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models

from routing.core.catalog import TIERS

NOT_NEGATIVE = [MinValueValidator(0)]


class Model(models.Model):
    """Adds a model to the catalogue, or changes the one of the same name.

    What is left empty comes from the catalogue's line, else from litellm's price map.
    """

    name = models.CharField(max_length=128, unique=True)
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

    def __str__(self) -> str:
        return self.name


class PriceOverride(models.Model):
    """A model's price in dollars per million tokens, from a day on, instead of the price map's.

    An empty class costs what it does in the map's absence: cached and written input as input,
    reasoning as output.
    """

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

    class Meta:
        ordering = ["model", "starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["model", "starts_at"], name="price_override_once"),
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
