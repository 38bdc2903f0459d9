"""Tasks of a run, their attempts, and people's verdicts; bodies of text in tables of their own."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from runs.core.status import TaskStatus
from runs.models.run import Run


class Task(models.Model):
    """A node of the run's DAG."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="tasks")
    key = models.CharField(max_length=64)
    position = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=32)
    depends_on = models.JSONField(default=list)
    validators = models.JSONField(default=list)  # [{"name": …, "options": {…}}]
    threshold = models.FloatField()
    status = models.CharField(
        max_length=12, default=TaskStatus.PENDING, choices=[(s.value, s.value) for s in TaskStatus]
    )
    score = models.FloatField(null=True)
    best_attempt = models.PositiveSmallIntegerField(null=True)
    model = models.CharField(max_length=128, blank=True)
    reviewer = models.CharField(max_length=128, blank=True)
    iterations = models.PositiveSmallIntegerField(default=0)
    cost_nanousd = models.BigIntegerField(default=0)
    failure = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="task_key_once_a_run"),
        ]
        indexes = [models.Index(fields=["type", "run"], name="runs_by_task_type")]

    def __str__(self) -> str:
        return f"task {self.key}"


class TaskText(models.Model):
    """What a task asks for, and the output that was kept."""

    task = models.OneToOneField(
        Task, primary_key=True, on_delete=models.CASCADE, related_name="text"
    )
    prompt = models.TextField()
    output = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"text of task {self.pk}"


class Attempt(models.Model):
    """One finished pass of generate, critique, revise, validate and evaluate."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)  # first | iterate | escalate | next_model | reword
    model = models.CharField(max_length=128, blank=True)
    provider = models.CharField(max_length=64, blank=True)
    # the better model of a cascade, to go to if this attempt falls short
    escalate_to = models.CharField(max_length=128, blank=True)
    reviewer = models.CharField(max_length=128, blank=True)
    score = models.FloatField(null=True)
    judgements = models.JSONField(default=list)  # [{"model": …, "score": 0..1 | null, "reason": …}]
    validators = models.JSONField(default=list)  # [{"name": …, "status": …, "message": …}]
    # null: none failed, but one could not run, which is never a pass
    validators_passed = models.BooleanField(null=True)
    has_output = models.BooleanField(default=False)
    notes = models.JSONField(default=list)
    cost_nanousd = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="attempt_number_once_a_task"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"


class AttemptText(models.Model):
    """What an attempt produced, and what the reviewer said of it."""

    attempt = models.OneToOneField(
        Attempt, primary_key=True, on_delete=models.CASCADE, related_name="text"
    )
    output = models.TextField(blank=True)
    critique = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"text of attempt {self.pk}"


class Feedback(models.Model):
    """A person's verdict on a task. `corrected_at` null: it stands as it was first given."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="feedback")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    api_key = models.ForeignKey(
        "budgets.ApiKey", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    score = models.FloatField()
    comment = models.TextField(blank=True)
    at = models.DateTimeField()
    corrected_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="feedback_score_in_unit_interval",
                condition=models.Q(score__gte=0, score__lte=1),
            )
        ]

    def __str__(self) -> str:
        return f"{self.score} for task {self.task_id}"
