"""Whether the policies leave a run any model at all, asked before anything of it is stored."""

from __future__ import annotations

from datetime import datetime

from uuid_utils.compat import uuid7

from routing.core.candidates import POLICY
from routing.core.errors import PolicyDenied
from routing.core.policy_denial import no_candidate
from routing.models import Decision
from routing.models.decision import Kind, Outcome
from routing.selectors.policies import policies_in_force
from routing.services.decisions import RecordDecision
from runs.core.refusals import DeniedByPolicy
from runs.services.admission import Checked, look_ahead
from runs.services.forecast import Step
from telemetry.services.journal import apply_now


def policy_denial(checked: Checked, now: datetime) -> DeniedByPolicy | None:
    """Return why policies let no step of this kind be carried out; None: they let it pass.

    Stores nothing; `record_denial` does, once it is clear that the run is refused. A run that is
    gone on with is judged call by call.
    """
    if checked.resumes is not None or not policies_in_force(checked.team.org_id):
        return None
    step = look_ahead(checked, now).denied_by_policy
    return None if step is None else denial_of(step)


def denial_of(step: Step) -> DeniedByPolicy:
    """Return the denial of a step that policies left no model for."""
    error = no_candidate(step.removed)
    policy, version = (
        (error.policy, error.version) if isinstance(error, PolicyDenied) else ("", None)
    )
    models = [one.model for one in step.removed if one.reason == POLICY]
    reason = f"{step.phase.value} of {step.task_type}: {error}"
    return DeniedByPolicy(models, policy, version, reason, uuid7(), step)


def record_denial(checked: Checked, denial: DeniedByPolicy, now: datetime) -> None:
    """Write the denial down under its id, after everything else was rolled back."""
    step: Step = denial.step
    apply_now(
        RecordDecision(
            Decision(
                id=denial.decision_id,
                at=now,
                org_id=checked.team.org_id,
                team_id=checked.team.pk,
                phase=step.phase.value,
                kind=Kind.POLICY,
                outcome=Outcome.DENY,
                policy=denial.policy,
                version=denial.version,
                inputs={"task_type": step.task_type, "before": "submission"},
                candidates={"removed": [one.as_json() for one in step.removed]},
                reason=denial.reason[:500],
                actor=checked.caller.name[:128],
            )
        )
    )
