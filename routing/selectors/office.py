"""What people of the admin site may read: operators all of it, others their organisations'."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from budgets.core.access import Action, Caller
from budgets.models import Org, Team, User
from budgets.services.access import caller_of_user
from routing.models import Decision, Policy
from routing.selectors.decisions import decision_list
from routing.selectors.policies import policy_list


def reads_all(user: Any, model: str) -> bool:
    """Tell whether a right of the house lets somebody read these of every organisation."""
    return bool(user.has_perm(f"routing.view_{model}"))


def readable_orgs(user: Any) -> QuerySet[Org]:
    """Return the organisations whose decisions somebody may read whole, with their chain."""
    orgs = Org.objects.order_by("name")
    if reads_all(user, "decision"):
        return orgs
    granted = _caller(user).org_actions.items()
    return orgs.filter(pk__in=[org for org, can in granted if Action.READ_DECISIONS in can])


def readable_teams(user: Any) -> QuerySet[Team]:
    """Return the teams whose decisions somebody may read."""
    teams = Team.objects.select_related("org").order_by("org__name", "name")
    if reads_all(user, "decision"):
        return teams
    return teams.filter(pk__in=_caller(user).team_ids(Action.READ_DECISIONS))


def readable_decisions(user: Any) -> QuerySet[Decision]:
    """Return the decisions that somebody may read."""
    return Decision.objects.all() if reads_all(user, "decision") else decision_list(_caller(user))


def readable_policies(user: Any) -> QuerySet[Policy]:
    """Return the policies that somebody may read."""
    return Policy.objects.all() if reads_all(user, "policy") else policy_list(_caller(user))


def reads_decisions(user: Any) -> bool:
    """Tell whether somebody may read any decisions."""
    return _reads(user, "decision", Action.READ_DECISIONS)


def reads_policies(user: Any) -> bool:
    """Tell whether somebody may read any policies."""
    return _reads(user, "policy", Action.READ_POLICIES)


def _reads(user: Any, model: str, action: Action) -> bool:
    if not isinstance(user, User) or not user.is_active:
        return False
    if reads_all(user, model):
        return True
    caller = _caller(user)
    wide = any(action in granted for granted in caller.org_actions.values())
    return wide or bool(caller.team_ids(action))


def _caller(user: User) -> Caller:
    return caller_of_user(user)
