"""What calls taught: quality by model and task type, and replies worth keeping a day."""

from __future__ import annotations

from django.db import models


class Evidence(models.Model):
    """One evaluated attempt or one verdict of a person. Rows are added, not changed.

    The exception is the score of a verdict that its author corrects.
    `cost_nanousd` null: there was no call to pay for. `version` is the name on the wire that the
    model had then; empty: it is not known.
    """

    at = models.DateTimeField()
    org_id = models.BigIntegerField()
    team_id = models.BigIntegerField()
    run_id = models.UUIDField(null=True)
    task_key = models.CharField(max_length=64, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    model = models.CharField(max_length=128)
    version = models.CharField(max_length=160, blank=True)
    task_type = models.CharField(max_length=32)
    source = models.CharField(max_length=8, default="attempt")  # attempt | feedback
    score = models.FloatField()
    weight = models.FloatField(default=1.0)
    cost_nanousd = models.BigIntegerField(null=True)
    input_tokens = models.PositiveIntegerField(default=0)
    latency_ms = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["org_id", "task_type", "model", "id"]),
            # How beliefs moved is told by the newest.
            models.Index(fields=["org_id", "at"], name="evidence_by_org_and_time"),
        ]
        constraints = [
            models.CheckConstraint(
                name="evidence_score_in_unit_interval",
                condition=models.Q(score__gte=0, score__lte=1),
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.task_type}: {self.score}"


class QualityProfile(models.Model):
    """Weighted sums over the evidence of one model at one kind of task; see `core.quality`.

    One row for each `version` of the model; see `core.versions`. `team_id` 0: the whole
    organisation, its teams included. Everything here follows from the evidence and can be rebuilt
    from it.
    """

    org_id = models.BigIntegerField()
    team_id = models.BigIntegerField(default=0)
    model = models.CharField(max_length=128)
    task_type = models.CharField(max_length=32)
    version = models.CharField(max_length=160, blank=True)
    n = models.PositiveIntegerField(default=0)
    weight = models.FloatField(default=0.0)
    score_sum = models.FloatField(default=0.0)
    score_sumsq = models.FloatField(default=0.0)
    call_weight = models.FloatField(default=0.0)
    cost_sum_nanousd = models.FloatField(default=0.0)
    token_sum = models.FloatField(default=0.0)
    latency_sum_ms = models.FloatField(default=0.0)
    # The last scores, newest first, as `core.quality.pack` writes them.
    recent = models.CharField(max_length=480, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org_id", "team_id", "model", "task_type", "version"],
                name="quality_profile_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.task_type}"


class BeliefDay(models.Model):
    """What was believed of every model when a day was over, as it was believed then.

    `team_id` 0: by the organisation. A team that has seen nothing itself believes the same, and
    has no row. `beliefs` are mean, sd and n, by task type and model. `day` is over in UTC.
    """

    org_id = models.BigIntegerField()
    team_id = models.BigIntegerField(default=0)
    day = models.DateField()
    beliefs = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org_id", "team_id", "day"], name="belief_day_once"),
        ]

    def __str__(self) -> str:
        return f"organisation {self.org_id} on {self.day}"


class SharedLearning(models.Model):
    """An organisation that shares what it learned with all others that do; no row: it does not."""

    org_id = models.BigIntegerField(unique=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"organisation {self.org_id}"


class CachedReply(models.Model):
    """A team's reply to one exact request; `key` is `routing.core.request.cache_key`."""

    team_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    reply = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team_id", "key"], name="cached_reply_once"),
        ]
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return self.key
