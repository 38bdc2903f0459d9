"""What people of the admin site may read: operators all of it, others their organisations'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from budgets.core.access import Action, Caller
from budgets.models import Org, Team, User
from budgets.services.access import caller_of_user
from routing.models import Decision, Policy
from routing.models.decision import HOUSE
from routing.selectors.decisions import decision_list
from routing.selectors.policies import policy_list

# More than these would not fit on a page; `manage.py verify_audit` walks any number.
MOST_CHAINS = 200


@dataclass(frozen=True, slots=True)
class ChainOf:
    """Whose decisions a chain holds: an organisation's, or the house's own."""

    pk: int
    name: str
    slug: str
    time_zone: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


THE_HOUSE = ChainOf(HOUSE, "the house", "house")


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


def readable_chains(user: Any) -> list[ChainOf]:
    """Return whose chains somebody may walk and export; operators the house's, too, as the last."""
    orgs = readable_orgs(user)[:MOST_CHAINS]
    found = [ChainOf(org.pk, org.name, org.slug, org.time_zone) for org in orgs]
    return [*found, THE_HOUSE] if reads_all(user, "decision") else found


def readable_chain(user: Any, org_id: int) -> ChainOf | None:
    """Return whose chain that is; None: there is none that somebody may walk."""
    if org_id == HOUSE:
        return THE_HOUSE if reads_all(user, "decision") else None
    # No database holds a larger id.
    org = readable_orgs(user).filter(pk=org_id).first() if org_id < 2**63 else None
    return None if org is None else ChainOf(org.pk, org.name, org.slug, org.time_zone)


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
