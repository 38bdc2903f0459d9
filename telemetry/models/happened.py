"""What happened, append-only: calls with their bodies, scores, and events."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7


class Outcome(models.TextChoices):
    OK = "ok"
    ERROR = "error"
    CACHED = "cached"
    UNCONFIRMED = "unconfirmed"
    RELEASED = "released"


class Call(models.Model):
    """One request to one model, written when its money is settled."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    at = models.DateTimeField()
    org_id = models.BigIntegerField()
    team_id = models.BigIntegerField()
    run_id = models.UUIDField(null=True)
    task_key = models.CharField(max_length=64, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    phase = models.CharField(max_length=16)
    task_type = models.CharField(max_length=32, blank=True)
    provider = models.CharField(max_length=64)
    model = models.CharField(max_length=128)
    outcome = models.CharField(max_length=16, choices=Outcome)
    error_class = models.CharField(max_length=64, blank=True)
    error_origin = models.CharField(max_length=16, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    # Tokens are null where the provider did not tell; a guess of zero would hide spend.
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    cache_read_tokens = models.PositiveIntegerField(null=True)
    cache_write_tokens = models.PositiveIntegerField(null=True)
    reasoning_tokens = models.PositiveIntegerField(null=True)
    cost_nanousd = models.BigIntegerField(null=True)
    # unconfirmed: charged in full, since nobody knows what was billed.
    unconfirmed = models.BooleanField(default=False)
    over_bound = models.BooleanField(default=False)
    latency_ms = models.PositiveIntegerField(null=True)
    decision_id = models.UUIDField(null=True)
    # Made up, to look around in: rollups are not rebuilt from it.
    demo = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["run_id", "id"]),
            models.Index(fields=["org_id", "id"]),
            # Which runs called a model: lists of runs are filtered by it.
            models.Index(fields=["team_id", "model", "task_type", "run_id"], name="calls_by_model"),
        ]
        constraints = [
            models.CheckConstraint(
                name="call_cost_not_negative",
                condition=models.Q(cost_nanousd__isnull=True) | models.Q(cost_nanousd__gte=0),
            )
        ]

    def __str__(self) -> str:
        return f"{self.outcome} call of {self.model}"


class CostCorrection(models.Model):
    """What a call turned out to cost, append-only; the call itself stays as it was written.

    `before_nanousd` null: its cost was unknown. `revision` counts a call's corrections from 1.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="corrections")
    revision = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    before_nanousd = models.BigIntegerField(null=True)
    after_nanousd = models.BigIntegerField()
    # By which correction of prices.
    repricing_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "revision"], name="correction_once_per_call"),
            models.CheckConstraint(
                name="correction_not_negative", condition=models.Q(after_nanousd__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.after_nanousd} for call {self.call_id}"

    @property
    def amount_nanousd(self) -> int:
        """Return how much more it is than before."""
        return self.after_nanousd - (self.before_nanousd or 0)


class CallBody(models.Model):
    """What was said in a call; apart, so that no list of calls carries it along."""

    call = models.OneToOneField(Call, primary_key=True, on_delete=models.CASCADE)
    messages = models.JSONField()
    output = models.TextField()

    def __str__(self) -> str:
        return f"body of call {self.call_id}"


class Score(models.Model):
    """What one attempt at a task was worth: the evidence behind every figure of quality.

    `score` null: nobody could judge it. `accepted`: it reached what was asked of it, so it ended
    its task. `cost_nanousd` is all it took, reviews and judgements included.
    """

    at = models.DateTimeField()
    org_id = models.BigIntegerField()
    team_id = models.BigIntegerField()
    run_id = models.UUIDField(null=True)
    task_key = models.CharField(max_length=64, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    task_type = models.CharField(max_length=32)
    provider = models.CharField(max_length=64)
    model = models.CharField(max_length=128)
    score = models.FloatField(null=True)
    accepted = models.BooleanField()
    cost_nanousd = models.BigIntegerField()
    demo = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["org_id", "at"], name="score_by_org_and_time")]
        constraints = [
            models.CheckConstraint(
                name="score_in_unit_interval",
                condition=models.Q(score__isnull=True) | models.Q(score__gte=0, score__lte=1),
            )
        ]

    def __str__(self) -> str:
        return f"{self.score} for {self.model}"


class Event(models.Model):
    """One change, in the order of `seq`; browsers, webhooks and streams all read from here."""

    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    org_id = models.BigIntegerField(null=True)  # null: of the whole house, as a breaker's
    team_id = models.BigIntegerField(null=True)
    run_id = models.UUIDField(null=True)
    type = models.CharField(max_length=48)
    payload = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["run_id", "seq"]),
            models.Index(fields=["org_id", "team_id", "seq"], name="events_of_team"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
