"""What submitting would do, found out without storing, queueing or spending anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from budgets.models.org import HoldMode
from runs.core.refusals import DeniedByPolicy
from runs.services.admission import Checked, look_ahead
from runs.services.forecast import Preview
from runs.services.permission import denial_of


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`requested_nanousd` is what the run would set aside at first."""

    checked: Checked
    preview: Preview
    requested_nanousd: int
    resume_candidates: list[dict[str, Any]]

    @property
    def denial(self) -> DeniedByPolicy | None:
        """Return the denial of the first step that policies leave no model for, if there is one."""
        step = self.preview.denied_by_policy
        return None if step is None else denial_of(step)

    @property
    def refusal(self) -> str:
        """Return why no model would be left for some step; empty: every step has one."""
        if self.denial is not None:
            return self.denial.reason
        return "; ".join(
            f"no model is left for {step.phase.value} of {step.task_type}"
            for step in self.preview.denied
        )

    @property
    def has_room(self) -> bool:
        """Tell whether the budgets leave room for what would be set aside."""
        free = self.preview.free_nanousd
        return free is None or self.requested_nanousd <= free


def rehearse(checked: Checked, now: datetime) -> Rehearsal:
    """Forecast a submission and say what policies and budgets would answer."""
    ahead, team = look_ahead(checked, now), checked.team
    requested = checked.budget_nanousd
    if team.hold_mode == HoldMode.FORECAST:
        requested = min(requested, ahead.forecast.high_nanousd)
    return Rehearsal(checked, ahead, requested, checked.found.as_json())
