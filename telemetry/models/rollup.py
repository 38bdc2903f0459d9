"""Figures by hour and by day: what dashboards read, since calls are too many to count each time."""

from __future__ import annotations

from django.db import models


class Series(models.Model):
    """What figures belong to, whatever the time: `telemetry.core.rollup.SeriesKey`, and demo.

    A row's id is kept by whoever writes figures, so no series of real calls is ever deleted.
    """

    org_id = models.BigIntegerField()
    team_id = models.BigIntegerField()
    run_less = models.BooleanField()
    provider = models.CharField(max_length=64)
    model = models.CharField(max_length=128)
    task_type = models.CharField(max_length=32, blank=True)
    phase = models.CharField(max_length=16)
    outcome = models.CharField(max_length=16, blank=True)  # empty: attempts, not calls
    demo = models.BooleanField(default=False)  # made up, to look around in; removable

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="series_once",
                fields=[
                    "org_id", "team_id", "run_less", "provider", "model", "task_type", "phase",
                    "outcome", "demo",
                ],
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.model} {self.task_type} {self.phase} {self.outcome}"


class Rollup(models.Model):
    """The sums of one series over one stretch of time: `telemetry.core.rollup.SUMS`.

    `latency` is a written `telemetry.core.histogram.Histogram`; null: nothing was timed. Sums have
    defaults in the database, so that calls and scores each name only their own.
    """

    # Of the series, too; here so that the index begins with the tenant.
    org_id = models.BigIntegerField()
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="+", db_index=False)
    calls = models.BigIntegerField(db_default=0)
    errors_provider = models.BigIntegerField(db_default=0)
    errors_policy = models.BigIntegerField(db_default=0)
    errors_budget = models.BigIntegerField(db_default=0)
    errors_us = models.BigIntegerField(db_default=0)
    cost_nanousd = models.BigIntegerField(db_default=0)
    unpriced_calls = models.BigIntegerField(db_default=0)
    input_tokens = models.BigIntegerField(db_default=0)
    output_tokens = models.BigIntegerField(db_default=0)
    cache_read_tokens = models.BigIntegerField(db_default=0)
    cache_write_tokens = models.BigIntegerField(db_default=0)
    reasoning_tokens = models.BigIntegerField(db_default=0)
    attempts = models.BigIntegerField(db_default=0)
    accepted = models.BigIntegerField(db_default=0)
    attempt_cost_nanousd = models.BigIntegerField(db_default=0)
    score_n = models.BigIntegerField(db_default=0)
    score_sum_e4 = models.BigIntegerField(db_default=0)
    score_sumsq_e8 = models.BigIntegerField(db_default=0)
    latency = models.BinaryField(null=True)

    class Meta:
        abstract = True


class HourlyRollup(Rollup):
    """The last two days and a bit. `hour` counts from the start of 1970 in UTC."""

    hour = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org_id", "hour", "series"], name="hourly_rollup_once"),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} in hour {self.hour}"


class DailyRollup(Rollup):
    """What came before, by the day of the organisation's time zone."""

    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org_id", "day", "series"], name="daily_rollup_once"),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} on {self.day}"
