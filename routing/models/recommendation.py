"""What routing or fine-tuning should be changed, how far that went, and what came of it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Coalesce
from uuid_utils.compat import uuid7


class Kind(models.TextChoices):
    ROUTING = "routing", "Routing"
    FINE_TUNING = "fine_tuning", "Fine-tuning"


class State(models.TextChoices):
    PROPOSED = "proposed"
    SHADOW = "shadow"
    CANARY = "canary"
    APPLIED = "applied"
    DISMISSED = "dismissed"
    REVERTED = "reverted"
    OUTDATED = "outdated"  # what it rested on no longer holds, and nobody had acted on it


class Arm(models.TextChoices):
    CURRENT = "current"
    PROPOSED = "proposed"


STEERING = (State.SHADOW, State.CANARY, State.APPLIED)
OPEN = (State.PROPOSED, *STEERING)


class Recommendation(models.Model):
    """One piece of advice, and its state. Never without an interval and the number behind it.

    `team_id` null: for the whole organisation. `saving_*` are nano-dollars a month with their
    80 % interval; `quality_*` the difference of the mean score, null where there is none to tell.
    `subject` says what it is about: of one subject one recommendation is open. `evidence` is what
    it rests on, as plain data of its kind. `settings` is how its stage is carried out, `stage_*`
    since when, and when and why it came to an end by itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    org_id = models.BigIntegerField()
    team_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    subject = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    task_type = models.CharField(max_length=32, blank=True)
    current_model = models.CharField(max_length=128, blank=True)
    proposed_model = models.CharField(max_length=128, blank=True)
    saving_nanousd = models.BigIntegerField()
    saving_low_nanousd = models.BigIntegerField()
    saving_high_nanousd = models.BigIntegerField()
    quality_change = models.FloatField(null=True)
    quality_low = models.FloatField(null=True)
    quality_high = models.FloatField(null=True)
    n = models.PositiveIntegerField()
    evidence = models.JSONField(default=dict)
    settings = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150, blank=True)  # empty: the daily computation
    computed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    stage_started_at = models.DateTimeField(null=True)
    stage_ended_at = models.DateTimeField(null=True)
    stage_note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["org_id", "state"], name="recommendation_by_state")]
        constraints = [
            models.UniqueConstraint(
                "org_id",
                Coalesce("team_id", 0),
                "kind",
                "subject",
                name="recommendation_open_once",
                condition=models.Q(state__in=[state.value for state in OPEN]),
            ),
            models.CheckConstraint(
                name="recommendation_interval_holds_its_amount",
                condition=models.Q(
                    saving_low_nanousd__lte=models.F("saving_nanousd"),
                    saving_high_nanousd__gte=models.F("saving_nanousd"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RecommendationStep(models.Model):
    """One change of a recommendation's state, for good. `actor` empty: it happened by itself."""

    recommendation = models.ForeignKey(
        Recommendation, on_delete=models.PROTECT, related_name="steps"
    )
    at = models.DateTimeField()
    before = models.CharField(max_length=10, choices=State)
    after = models.CharField(max_length=10, choices=State)
    actor = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    figures = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.before} to {self.after}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("a step of a recommendation is never changed")
        super().save(*args, **kwargs)


class TrialResult(models.Model):
    """What one attempt came to that a recommendation had a say in. Rows are added, never changed.

    In a shadow stage both arms answer one attempt. `draw` in [0, 1) is what sent a canary's
    attempt to its arm, null elsewhere. `moved_ratio` is the share of such attempts that would
    have gone to the current model. `call_id` is the call whose output it was.
    """

    recommendation = models.ForeignKey(
        Recommendation, on_delete=models.PROTECT, related_name="results"
    )
    at = models.DateTimeField()
    stage = models.CharField(max_length=10, choices=State)
    arm = models.CharField(max_length=8, choices=Arm)
    team_id = models.BigIntegerField()
    run_id = models.UUIDField()
    task_key = models.CharField(max_length=64)
    attempt = models.PositiveSmallIntegerField()
    call_id = models.UUIDField(null=True)
    score = models.FloatField(null=True)  # null: nobody could judge it
    accepted = models.BooleanField()
    cost_nanousd = models.BigIntegerField()
    draw = models.FloatField(null=True)
    moved_ratio = models.FloatField(default=1.0)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recommendation", "stage", "arm", "run_id", "task_key", "attempt"],
                name="trial_result_once",
            )
        ]
        indexes = [
            # A trial is judged after each of its results, by the newest.
            models.Index(fields=["recommendation", "stage", "-id"], name="trial_newest"),
            # What a month saved is summed up again and again while it lasts.
            models.Index(fields=["recommendation", "at"], name="trial_month"),
        ]

    def __str__(self) -> str:
        return f"{self.arm} {self.score}"


class RealisedSaving(models.Model):
    """What one month saved; the current month's row is made anew until the month is over.

    `month` is its first day in the organisation's time zone. `expected_nanousd` is what the
    current model would have cost at the same volume.
    """

    recommendation = models.ForeignKey(
        Recommendation, on_delete=models.PROTECT, related_name="savings"
    )
    month = models.DateField()
    tasks = models.PositiveIntegerField()
    spent_nanousd = models.BigIntegerField()
    expected_nanousd = models.BigIntegerField()
    saving_nanousd = models.BigIntegerField()
    saving_low_nanousd = models.BigIntegerField()
    saving_high_nanousd = models.BigIntegerField()
    quality_mean = models.FloatField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(fields=["recommendation", "month"], name="saving_month_once"),
        ]

    def __str__(self) -> str:
        return f"{self.saving_nanousd} in {self.month:%Y-%m}"


class AdviceDue(models.Model):
    """When an organisation's advice was last computed, and its ledger of savings brought up.

    `asked_at` is when somebody last had it computed on demand.
    The attempts of days before `tallied_until` (UTC) are summed up in `AttemptTally`; what was
    believed when those before `believed_until` were over is kept in `BeliefDay`.
    """

    org_id = models.BigIntegerField(unique=True)
    advised_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    realised_at = models.DateTimeField(null=True)
    tallied_until = models.DateField(null=True)
    believed_until = models.DateField(null=True)

    def __str__(self) -> str:
        return f"organisation {self.org_id}"
