"""What the attempts of a day came to, since a month of them is too many to read for each advice."""

from __future__ import annotations

from django.db import models


class AttemptTally(models.Model):
    """The sums of one model's attempts at one kind of task in one UTC day that is over.

    `routing.core.advice.Tally` says what they are. All follows from `telemetry.Score`: rows may
    be deleted, and are made again.
    """

    org_id = models.BigIntegerField()
    day = models.DateField()
    team_id = models.BigIntegerField()
    task_type = models.CharField(max_length=32)
    model = models.CharField(max_length=128)
    n = models.PositiveBigIntegerField()
    accepted = models.PositiveBigIntegerField()
    cost_nanousd = models.FloatField()
    # A squared cost is larger than any whole number of a database.
    cost_squared = models.FloatField()
    accepted_cost_nanousd = models.FloatField()
    scored = models.PositiveBigIntegerField()
    score_sum = models.FloatField()
    score_sumsq = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org_id", "day", "team_id", "task_type", "model"], name="attempt_tally_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.task_type} on {self.day}"
