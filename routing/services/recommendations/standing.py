"""What recommendations there are already, and what they leave to recommend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from routing.models import Recommendation
from routing.models.recommendation import STEERING, Kind, State

# What was dismissed or taken back is not proposed again for so long.
REST = timedelta(days=30)
RESTING = (State.DISMISSED, State.REVERTED)


@dataclass(slots=True)
class Standing:
    """An organisation's routing advice that matters to what is recommended next."""

    proposals: Sequence[Recommendation]
    acting: Sequence[Recommendation]
    resting: Sequence[Recommendation]
    kept: list[Recommendation] = field(default_factory=list)

    @classmethod
    def of(cls, org_id: int, now: datetime) -> Standing:
        """Read it, in the order it was made."""
        rows = Recommendation.objects.filter(org_id=org_id, kind=Kind.ROUTING).order_by("pk")
        late = Q(state__in=RESTING, decided_at__gt=now - REST)
        found = list(rows.filter(Q(state__in=[State.PROPOSED, *STEERING]) | late))
        return cls(
            [row for row in found if row.state == State.PROPOSED],
            [row for row in found if row.state in STEERING],
            [row for row in found if row.state in RESTING],
        )

    def keep(self, row: Recommendation) -> None:
        """Note that a proposal still holds."""
        self.kept.append(row)

    def has_team(self, task_type: str) -> bool:
        """Tell whether a team has advice of its own on a task type."""
        return any(row.team_id is not None for row in self._about(task_type))

    def is_taken(self, team_id: int | None, task_type: str) -> bool:
        """Tell whether a proposal or a trial that overlaps with this place is under way."""
        open_rows = (row for row in self._about(task_type) if row.state != State.APPLIED)
        return any(_overlap(row.team_id, team_id) for row in open_rows)

    def allows(
        self, team_id: int | None, task_type: str, current: str, proposed: str, subject: str
    ) -> bool:
        """Tell whether to think of moving from one model to the other.

        Not if that was turned down lately, and not if it would undo or chain a rule in force.
        """
        turned_down = (row for row in self.resting if row.subject == subject)
        if any(_overlap(row.team_id, team_id) for row in turned_down):
            return False
        return not any(
            current in (row.current_model, row.proposed_model) or proposed == row.current_model
            for row in self._about(task_type)
            if _overlap(row.team_id, team_id)
        )

    def _about(self, task_type: str) -> Iterable[Recommendation]:
        return (row for row in (*self.acting, *self.kept) if row.task_type == task_type)


def _overlap(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other
