"""Money set aside for a run, and what its calls reserve of it."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from budgets.core.ledger import OPEN_STATES, Phase, ReservationState
from budgets.models.choices import choices_of


class Hold(models.Model):
    """Money of a team and its org that one run may use; a resumed run opens another.

    `limit_nanousd` is the most it may grow to, `amount_nanousd` what is set aside. A null period:
    no budget limits that scope. `closed_at` set: the rest went back and `spent_nanousd` moved to
    the periods.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run_id = models.UUIDField(db_index=True)
    org = models.ForeignKey("budgets.Org", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("budgets.Team", on_delete=models.PROTECT, related_name="+")
    team_period = models.ForeignKey(
        "budgets.BudgetPeriod", on_delete=models.PROTECT, null=True, related_name="team_holds"
    )
    org_period = models.ForeignKey(
        "budgets.BudgetPeriod", on_delete=models.PROTECT, null=True, related_name="org_holds"
    )
    limit_nanousd = models.BigIntegerField()
    amount_nanousd = models.BigIntegerField()
    spent_nanousd = models.BigIntegerField(default=0)
    reserved_nanousd = models.BigIntegerField(default=0)
    spent_decomposition_nanousd = models.BigIntegerField(default=0)
    spent_generation_nanousd = models.BigIntegerField(default=0)
    spent_cross_review_nanousd = models.BigIntegerField(default=0)
    spent_evaluation_nanousd = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="hold_figures_not_negative",
                condition=models.Q(
                    amount_nanousd__gte=0, spent_nanousd__gte=0, reserved_nanousd__gte=0
                ),
            ),
            models.CheckConstraint(
                name="hold_amount_within_limit",
                condition=models.Q(amount_nanousd__lte=models.F("limit_nanousd")),
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.id} of run {self.run_id}"


class Reservation(models.Model):
    """One call's upper bound, drawn on a hold before the call is made."""

    call_id = models.UUIDField(primary_key=True)
    # No index of its own: every write would pay for it, and only open rows are looked up by hold.
    hold = models.ForeignKey(
        Hold, on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    run_id = models.UUIDField()
    task_key = models.CharField(max_length=64, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    phase = models.CharField(max_length=16, choices=choices_of(Phase))
    task_type = models.CharField(max_length=32, blank=True)
    provider = models.CharField(max_length=64)
    model = models.CharField(max_length=128)
    amount_nanousd = models.BigIntegerField()
    state = models.CharField(max_length=11, choices=choices_of(ReservationState))
    reserved_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["hold"],
                name="reservation_open_by_hold",
                condition=models.Q(state__in=[state.value for state in OPEN_STATES]),
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="reservation_amount_not_negative", condition=models.Q(amount_nanousd__gte=0)
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} for call {self.call_id}"
