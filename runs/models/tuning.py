"""What models keep failing at, what a proposal takes for granted, and data sets that were made."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class JobState(models.TextChoices):
    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class TuningJob(models.Model):
    """Something a worker makes when asked. `team` null: of the whole organisation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("budgets.Org", on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("budgets.Team", null=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=JobState, default=JobState.QUEUED)
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=150)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True
        ordering = ["-id"]


class FailureAnalysis(TuningJob):
    """A look for patterns among the attempts of a stretch of time.

    `attempts` were looked at, of which `failures` failed; `left_out` failures were older than
    the newest that are looked at one by one.
    """

    since = models.DateTimeField()
    until = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    retry_nanousd = models.BigIntegerField(default=0)

    class Meta(TuningJob.Meta):
        indexes = [models.Index(fields=["org", "team", "-id"], name="analysis_newest")]

    def __str__(self) -> str:
        return f"analysis {self.id}"


class FailurePattern(models.Model):
    """One pattern. `examples` are ids of attempts: their texts stay where rights are judged.

    `terms` were taken from texts, and are for those alone who may read texts.
    """

    analysis = models.ForeignKey(FailureAnalysis, on_delete=models.CASCADE, related_name="patterns")
    task_type = models.CharField(max_length=32)
    caught_by = models.CharField(max_length=64)
    terms = models.JSONField(default=list)
    n = models.PositiveIntegerField()
    share = models.FloatField()
    retry_nanousd = models.BigIntegerField()
    retried = models.PositiveIntegerField()
    mean_score = models.FloatField(null=True)
    examples = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="pattern_share_in_unit_interval",
                condition=models.Q(share__gte=0, share__lte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_type} {self.caught_by}"


class TuningAssumptions(models.Model):
    """What an organisation changed of the assumptions; `values` as `core.tuning` reads them."""

    org = models.OneToOneField("budgets.Org", on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=150)

    def __str__(self) -> str:
        return f"assumptions v{self.version}"


class TuningDataset(TuningJob):
    """Examples that were chosen to learn from: which, and why not the others.

    `examples` are ids of attempts in order. `left_out` and `redactions` are counts by kind, and
    `digests` the SHA-256 of each file by format and part.
    """

    recommendation_id = models.UUIDField(null=True)
    task_type = models.CharField(max_length=32)
    validator = models.CharField(max_length=64, blank=True)
    until = models.DateTimeField()
    examples = models.JSONField(default=list)
    considered = models.PositiveIntegerField(default=0)
    train = models.PositiveIntegerField(default=0)
    validation = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict)
    redactions = models.JSONField(default=dict)
    digests = models.JSONField(default=dict)

    class Meta(TuningJob.Meta):
        indexes = [models.Index(fields=["org", "team", "-id"], name="dataset_newest")]

    def __str__(self) -> str:
        return f"data set {self.id}"
