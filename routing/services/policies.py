"""Saving policies: judged against the others first, every version kept, every change logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from budgets.models import Team
from routing.core.policy import Policy
from routing.core.policy_analysis import analyse
from routing.core.policy_draft import Draft
from routing.core.policy_market import Finding, Market
from routing.core.policy_text import rules_as_json
from routing.core.request import ModelRequest
from routing.core.snapshot import RoutingSnapshot, candidates_for
from routing.models import Policy as Row
from routing.models import PolicyVersion
from routing.selectors import snapshot
from routing.selectors.policies import latencies_for, policies_in_force
from telemetry.services.changes import record_change
from telemetry.services.journal import apply_now
from telemetry.services.recording import RecordEvent

TEXT = ("version", "scope", "team_id", "run_id", "task_type", "mode", "rules", "enabled", "note")
# The smallest call that the engine makes: a short question, and room for a verdict.
SMALL_INPUT_TOKENS = 500
SMALL_OUTPUT_TOKENS = 512


class Contradictory(ValueError):
    """Tell why a policy cannot be saved beside the others."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(one.message for one in findings))
        self.findings = tuple(findings)


class NameTaken(ValueError):
    """Tell that there is a policy of this name already."""


class Outdated(ValueError):
    """Tell that somebody else changed the policy meanwhile."""

    def __init__(self, version: int) -> None:
        super().__init__(f"The policy has become version {version} meanwhile: read it again.")
        self.version = version


def create_policy(
    org_id: int, draft: Draft, *, team: Team | None, actor: str, now: datetime
) -> Row:
    """Save a new policy as version 1. Raises: Contradictory, NameTaken."""
    with transaction.atomic():
        _refuse_contradiction(org_id, draft, team, now)
        row, is_new = Row.objects.get_or_create(
            org_id=org_id,
            name=draft.name,
            defaults=_text(draft, team, 1)
            | {"created_at": now, "updated_at": now, "updated_by": actor[:128]},
        )
        if not is_new:
            raise NameTaken(f"There is a policy {draft.name} already: choose another name.")
        _keep_version(row, None, actor, now)
    return row


def change_policy(
    row: Row,
    draft: Draft,
    *,
    team: Team | None,
    actor: str,
    now: datetime,
    expected_version: int | None = None,
) -> Row:
    """Save what the draft says as the policy's next version; nothing changed: no new version.

    `expected_version` None: whatever it is by now. Raises: Contradictory, NameTaken, Outdated.
    """
    with transaction.atomic():
        row = Row.objects.select_for_update().get(pk=row.pk)
        if expected_version not in (None, row.version):
            raise Outdated(row.version)
        before = text_of(row)
        after = _text(draft, team, row.version)
        if draft.name == row.name and {f: getattr(row, f) for f in TEXT} == after:
            return row
        if draft.name != row.name:
            raise NameTaken("A policy keeps its name: decisions refer to it.")
        _refuse_contradiction(row.org_id, draft, team, now)
        for name, value in (after | {"version": row.version + 1}).items():
            setattr(row, name, value)
        row.updated_at, row.updated_by = now, actor[:128]
        row.save(update_fields=[*TEXT, "updated_at", "updated_by"])
        _keep_version(row, before, actor, now)
    return row


def save_policy(org_id: int, draft: Draft, *, team: Team | None, actor: str, now: datetime) -> Row:
    """Save a draft as a new policy, or as the next version of the one of its name.

    Raises: Contradictory.
    """
    with transaction.atomic():
        row = Row.objects.filter(org_id=org_id, name=draft.name).first()
        if row is None:
            return create_policy(org_id, draft, team=team, actor=actor, now=now)
        return change_policy(row, draft, team=team, actor=actor, now=now)


def check_policy(
    org_id: int, draft: Draft, team: Team | None, now: datetime
) -> tuple[Finding, ...]:
    """Return what is wrong with a draft beside the policies in force."""
    policy, others = policy_of(draft, team), policies_in_force(org_id)
    p95 = latencies_for((policy,), org_id, now)
    found = analyse(policy, others, market_of(snapshot(org_id, now), p95, now))
    return found if draft.enabled else tuple(replace(one, blocking=False) for one in found)


def policy_of(draft: Draft, team: Team | None, version: int = 0) -> Policy:
    """Return the policy that a draft would be."""
    return Policy(
        draft.name,
        version,
        draft.mode,
        draft.rules,
        draft.scope,
        None if team is None else team.pk,
        draft.run,
        draft.task_type,
    )


def text_of(row: Row | PolicyVersion) -> dict[str, object]:
    """Return what a version says, as plain data for the log."""
    return {name: getattr(row, name) for name in TEXT}


def market_of(known: RoutingSnapshot, p95_ms: Mapping[str, float], now: datetime) -> Market:
    """Return what there is to choose from, with what is known of it."""
    costs: dict[str, int] = {}
    quality: dict[str, float] = {}
    for task_type in sorted({kind for spec in known.models.values() for kind in spec.task_types}):
        request = ModelRequest("evaluation", task_type, (), SMALL_OUTPUT_TOKENS, None, 60.0)
        for one in candidates_for(known, request, SMALL_INPUT_TOKENS, now):
            quality[one.model] = max(quality.get(one.model, 0.0), one.estimate.mean)
            if one.upper_bound_nanousd is not None:
                costs[one.model] = one.upper_bound_nanousd
    return Market(known.models, costs, quality, p95_ms)


def _refuse_contradiction(org_id: int, draft: Draft, team: Team | None, now: datetime) -> None:
    blocking = [one for one in check_policy(org_id, draft, team, now) if one.blocking]
    if blocking:
        raise Contradictory(blocking)


def _text(draft: Draft, team: Team | None, version: int) -> dict[str, object]:
    return {
        "version": version,
        "scope": draft.scope.value,
        "team_id": None if team is None else team.pk,
        "run_id": draft.run,
        "task_type": draft.task_type,
        "mode": draft.mode.value,
        "rules": rules_as_json(draft.rules),
        "enabled": draft.enabled,
        "note": draft.note,
    }


def _keep_version(row: Row, before: dict[str, object] | None, actor: str, now: datetime) -> None:
    PolicyVersion.objects.create(policy=row, at=now, by=row.updated_by, **text_of(row))
    payload = {"policy": row.name, "version": row.version, "mode": row.mode, "by": actor}
    apply_now(
        RecordEvent(
            type="policy.changed", at=now, org_id=row.org_id, team_id=row.team_id, payload=payload
        )
    )
    record_change(
        "policy",
        row.name,
        actor=actor,
        at=now,
        before=before,
        after=text_of(row),
        org_id=row.org_id,
        team_id=row.team_id,
        version=row.version,
    )
