"""The ledger: every move of money, once, for good."""

from __future__ import annotations

from django.db import models
from uuid_utils.compat import uuid7

from budgets.core.ledger import LineKind
from budgets.models.append_only import AppendOnly
from budgets.models.choices import choices_of


class LedgerLine(AppendOnly):
    """One move of money, append-only; amounts are positive and `kind` tells the direction.

    A RETURN may be negative: the hold was charged more than it had set aside; so may a CORRECTION:
    the call cost less than it was charged. `revision`: 0 of a charge, else the how manyth
    correction of its call this is. `over_bound`: the call cost more than it had reserved, which
    someone should look at. `demo`: made up, to look around in; such lines alone can be removed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hold = models.ForeignKey("budgets.Hold", on_delete=models.PROTECT, related_name="lines")
    run_id = models.UUIDField(db_index=True)
    org = models.ForeignKey(
        "budgets.Org", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    team = models.ForeignKey(
        "budgets.Team", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    call_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=11, choices=choices_of(LineKind))
    amount_nanousd = models.BigIntegerField()
    revision = models.PositiveSmallIntegerField(default=0)
    over_bound = models.BooleanField(default=False)
    at = models.DateTimeField()
    demo = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # The last guard against paying twice for one call, and against correcting it twice by
            # the same. Nulls are distinct: lines without a call do not meet here.
            models.UniqueConstraint(fields=["call_id", "revision"], name="line_once_per_call"),
            models.CheckConstraint(
                name="line_revision_of_correction",
                condition=models.Q(kind=LineKind.CORRECTION.value, revision__gt=0)
                | (~models.Q(kind=LineKind.CORRECTION.value) & models.Q(revision=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_nanousd}"
