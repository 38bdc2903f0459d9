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
    thresholds = models.JSONField(default=default_thresholds)
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

    `limit_nanousd` starts as the budget's and may be changed for this period alone.
    """

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="periods")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    limit_nanousd = models.BigIntegerField()
    spent_nanousd = models.BigIntegerField(default=0)
    held_nanousd = models.BigIntegerField(default=0)
    # The highest threshold people were told of: each is told once a period.
    alerted_percent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["budget", "starts_at"], name="period_unique_in_budget"),
            models.CheckConstraint(
                name="period_limit_not_negative", condition=models.Q(limit_nanousd__gte=0)
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
