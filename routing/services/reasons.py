"""Why a call goes to its model, as the decisions that are written with its reservation."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from routing.models import Decision
from routing.models.decision import Kind, Outcome
from routing.services.cascading import next_model
from routing.services.decisions import OnBehalf, RecordDecision
from routing.services.selection import Pick


def reasons_for(
    pick: Pick, asking: OnBehalf, *, call_id: UUID, decision_id: UUID, at: datetime
) -> tuple[RecordDecision, ...]:
    """Return why this model, and which policies it violates all the same."""
    request = pick.request
    common = {
        "at": at,
        "org_id": asking.org_id,
        "team_id": asking.team_id,
        "run_id": asking.run_id,
        "task_key": asking.task_key,
        "call_id": call_id,
        "phase": request.phase,
        "model": pick.spec.name,
    }
    chosen = Decision(
        id=decision_id,
        kind=Kind.ROUTE,
        outcome=Outcome.ALLOW,
        inputs={"task_type": request.task_type, **_inputs(pick)},
        candidates=_candidates(pick),
        **common,
    )
    warnings = (
        Decision(
            kind=Kind.POLICY,
            outcome=Outcome.WARN,
            policy=one.policy.name,
            version=one.policy.version,
            inputs=one.as_json() | {"task_type": request.task_type},
            reason=one.detail[:500],
            **common,
        )
        for one in pick.ruling.warnings(pick.spec.name)
    )
    return tuple(RecordDecision(one) for one in (chosen, *warnings))


def _candidates(pick: Pick) -> dict[str, Any]:
    """Return the choice; `propensity_of` is who that is of, where it is not the chosen model."""
    drawn = next_model(pick.cascading)  # what goes first follows from the same draws
    return pick.choice.as_json() | ({"propensity_of": drawn} if drawn else {})


def _inputs(pick: Pick) -> dict[str, Any]:
    """Return what had a say: policies, a recommendation, a cascade."""
    found = dict(pick.ruling.as_json())
    for one in (pick.steered, pick.cascading):
        if one is not None:
            found |= one.as_json()
    return found
