"""With which models a run goes on once somebody resumes it, who may not use every model."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from uuid_utils.compat import uuid7

from budgets.core.access import common_models
from routing.models import Decision
from routing.models.decision import Kind, Outcome
from routing.services.decisions import RecordDecision
from runs.core.refusals import NoCommonModel
from runs.models import Run
from telemetry.services.journal import apply_now

TEAM, KEY = "models of the team", "models of the API key"


def narrow(run: Run, models: frozenset[str] | None) -> None:
    """Leave a run those of its models that whoever resumes it may use; None: any.

    Raises: NoCommonModel, where these and the lists of team and author's key have none in common.
    """
    left = common_models(run.allowed_models, models)
    author = None if run.api_key is None else run.api_key.allowed_models
    own = common_models(run.allowed_models, author)
    usable = common_models(own, run.team.allowed_models)
    if usable == frozenset():
        raise _no_common_model(run, TEAM, own)
    if common_models(usable, models) == frozenset():
        raise _no_common_model(run, KEY, usable)
    run.allowed_models = None if left is None else sorted(left)


def record_no_common_model(error: NoCommonModel, actor: str, now: datetime) -> None:
    """Write the denial down under its id, after everything else was rolled back."""
    run: Run = error.run
    apply_now(
        RecordDecision(
            Decision(
                id=error.decision_id,
                at=now,
                org_id=run.org_id,
                team_id=run.team_id,
                run_id=run.pk,
                kind=Kind.POLICY,
                outcome=Outcome.DENY,
                policy=error.policy,
                inputs={"models": list(error.models), "before": "resume"},
                reason=error.reason[:500],
                actor=actor[:128],
            )
        )
    )


def _no_common_model(run: Run, policy: str, models: Iterable[str] | None) -> NoCommonModel:
    refused = sorted(models or ())
    reason = f"{policy} leave out: {', '.join(refused) or 'every model'}"
    return NoCommonModel(refused, policy, reason, uuid7(), run)
