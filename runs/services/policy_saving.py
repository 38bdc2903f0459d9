"""Saving what people write about policies, where they may."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied

from budgets.core.access import Action, Caller
from routing.models import Policy
from routing.selectors.policies import policy_list
from routing.services.policies import change_policy, create_policy
from runs.core.refusals import InvalidSubmission, NotVisible
from runs.selectors.policy_target import Target, lacking


def policy_get(caller: Caller, policy_id: int) -> Policy:
    """Return a policy that the caller may read. Raises: NotVisible."""
    row = policy_list(caller).filter(pk=policy_id).first() if policy_id < 2**63 else None
    if row is None:
        raise NotVisible("There is no such policy.")
    return row


def may_change(caller: Caller, row: Policy) -> bool:
    """Tell whether the caller may change what this policy is now."""
    return policy_list(caller, Action.WRITE_POLICIES).filter(pk=row.pk).exists()


def require_change(caller: Caller, row: Policy) -> None:
    """Raises: PermissionDenied when the caller may not change what this policy is now."""
    if not may_change(caller, row):
        raise PermissionDenied(lacking(caller, Action.WRITE_POLICIES))


def save_target(caller: Caller, row: Policy | None, target: Target, now: datetime) -> Policy:
    """Save a draft as the next version of `row`; None: as a new policy.

    Where there is a policy, the caller may change both what it was and what it is to be.
    Raises: PermissionDenied, InvalidSubmission, Contradictory, NameTaken, Outdated.
    """
    if row is None:
        return create_policy(
            target.org.pk, target.draft, team=target.team, actor=caller.name, now=now
        )
    if target.org.pk != row.org_id:
        raise InvalidSubmission({"org": ["A policy stays in its organisation."]})
    require_change(caller, row)
    return change_policy(
        row,
        target.draft,
        team=target.team,
        actor=caller.name,
        now=now,
        expected_version=target.version,
    )
