"""Limits of money, and what was spent and held in each of their periods."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from budgets.core.period import PeriodKind
from budgets.models.choices import choices_of


def default_thresholds() -> list[int]:
    """Return the percentages of the limit at which people are told."""
    return [50, 80, 100]


class Budget(models.Model):
    """How much an org, or a team, may spend in each period. No row: no limit."""

    org = models.ForeignKey("budgets.Org", on_delete=models.PROTECT, related_name="budgets")
    # Null: the whole org's.
    team = models.ForeignKey(
        "budgets.Team", on_delete=models.PROTECT, null=True, blank=True, related_name="budgets"
    )
    period = models.CharField(max_length=5, choices=choices_of(PeriodKind))
    limit_nanousd = models.BigIntegerField()
    # Percentages of the limit at which people are told: of what is spent, and of what is forecast
    # for the period's end.
    thresholds = models.JSONField(default=default_thresholds, blank=True)
    forecast_thresholds = models.JSONField(default=default_thresholds, blank=True)
    # When its forecast was last looked at; several workers take turns.
    watched_at = models.DateTimeField(null=True, editable=False)
    # Where a total's only period begins.
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="budget_limit_not_negative", condition=models.Q(limit_nanousd__gte=0)
            ),
            # A hold knows one period of its team and one of its org.
            models.UniqueConstraint(
                fields=["org"], name="budget_one_per_org", condition=models.Q(team__isnull=True)
            ),
            models.UniqueConstraint(fields=["team"], name="budget_one_per_team"),
        ]

    def __str__(self) -> str:
        return f"{self.team or self.org}, per {self.period}"


class BudgetPeriod(models.Model):
    """The counters of one period, made when money first moves in it.

    `limit_nanousd` is what holds until `limit_until` (null: until it is changed): the budget's own
    limit and, within it, `raised_nanousd` of raises that have not expired. From then on the row
    says too much, so whoever sets money aside first takes expired raises out of it.
    """

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="periods")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    limit_nanousd = models.BigIntegerField()
    raised_nanousd = models.BigIntegerField(default=0)
    limit_until = models.DateTimeField(null=True)
    spent_nanousd = models.BigIntegerField(default=0)
    # How much of what is spent was found out later, when prices were corrected; may be negative.
    corrected_nanousd = models.BigIntegerField(default=0)
    held_nanousd = models.BigIntegerField(default=0)
    # The highest threshold people were told of: each is told once a period.
    alerted_percent = models.PositiveSmallIntegerField(default=0)
    forecast_alerted_percent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["budget", "starts_at"], name="period_unique_in_budget"),
            models.CheckConstraint(
                name="period_limit_not_negative", condition=models.Q(limit_nanousd__gte=0)
            ),
            models.CheckConstraint(
                name="period_raised_within_limit",
                condition=models.Q(
                    raised_nanousd__gte=0, raised_nanousd__lte=models.F("limit_nanousd")
                ),
            ),
            models.CheckConstraint(
                name="period_spent_not_negative", condition=models.Q(spent_nanousd__gte=0)
            ),
            models.CheckConstraint(
                name="period_held_not_negative", condition=models.Q(held_nanousd__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget} from {self.starts_at:%Y-%m-%d}"
