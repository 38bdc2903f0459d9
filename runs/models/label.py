"""Labels of runs one by one, to look runs up by; `Run.labels` is what they are."""

from __future__ import annotations

from django.db import models

from runs.models.run import Run


class RunLabel(models.Model):
    """One label of a run. `team_id` is the run's: with it the index begins."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_index=False)
    team_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    value = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="label_once_a_run"),
        ]
        indexes = [
            models.Index(fields=["team_id", "key", "value", "run"], name="runs_by_label"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"
