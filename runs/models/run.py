"""A submitted project, the lease of whoever carries it out, and how far it has come."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from runs.core.status import TERMINAL, RunStatus

UNFINISHED = [status.value for status in RunStatus if status not in TERMINAL]


class Run(models.Model):
    """One submitted project.

    `epoch` is the lease's fencing number: every claim raises it, and a write that carries an
    older one is refused.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    org = models.ForeignKey("budgets.Org", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("budgets.Team", on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    api_key = models.ForeignKey(
        "budgets.ApiKey", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    project = models.TextField()
    success_criteria = models.TextField(blank=True)
    labels = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=0)
    budget_nanousd = models.BigIntegerField()
    time_limit_seconds = models.PositiveIntegerField()
    max_parallel_tasks = models.PositiveSmallIntegerField()
    allowed_models = models.JSONField(null=True)
    preference = models.CharField(max_length=16, default="balanced")
    cache = models.CharField(max_length=8, default="auto")
    webhook_url = models.URLField(max_length=500, blank=True)

    status = models.CharField(
        max_length=20, default=RunStatus.QUEUED, choices=[(s.value, s.value) for s in RunStatus]
    )
    decomposition = models.CharField(max_length=16, blank=True)  # planned | given | fallback
    notes = models.JSONField(default=list)
    failure = models.JSONField(null=True)
    score = models.FloatField(null=True)
    tasks_total = models.PositiveSmallIntegerField(default=0)
    tasks_done = models.PositiveSmallIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)

    hold = models.ForeignKey("budgets.Hold", null=True, on_delete=models.PROTECT, related_name="+")
    owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)
    # Workers that died with it in a row, and what was finished when the last one did.
    losses = models.PositiveSmallIntegerField(default=0)
    progress = models.PositiveIntegerField(default=0)

    # What finds a run to go on with: the text's digest, and a signature of its shingles.
    text_digest = models.CharField(max_length=64)
    signature = models.BinaryField(default=b"")
    resumed_from = models.UUIDField(null=True)
    resume_candidates = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="run_budget_positive", condition=models.Q(budget_nanousd__gt=0)
            ),
            models.CheckConstraint(
                name="run_score_in_unit_interval",
                condition=models.Q(score__isnull=True) | models.Q(score__gte=0, score__lte=1),
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-id"], name="run_team_newest"),
            models.Index(fields=["org", "-id"], name="run_org_newest"),
            models.Index(fields=["team", "status", "-created_at"], name="run_team_status"),
            models.Index(fields=["team", "text_digest"], name="run_team_text"),
            models.Index(
                fields=["-priority", "created_at"],
                name="run_unfinished",
                condition=models.Q(status__in=UNFINISHED),
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.id}"
