"""The policies of an organisation as routing judges by them, and as people may see them."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from budgets.core.access import Action, Caller
from routing.core.policy import Mode, Policy, Rules, Scope
from routing.core.policy_draft import Draft
from routing.core.policy_text import InvalidPolicy, rules_from
from routing.models import Policy as Row
from routing.models.policy import PolicyText
from routing.selectors.latency import recent_p95

logger = logging.getLogger(__name__)

COLUMNS = ("name", "version", "mode", "rules", "scope", "team_id", "run_id", "task_type")
NOBODY = Rules(allowed_models=frozenset())


def policies_in_force(org_id: int) -> tuple[Policy, ...]:
    """Return an organisation's policies that are switched on, in one query."""
    rows = Row.objects.filter(org_id=org_id, enabled=True).order_by("name")
    return tuple(_policy(*values) for values in rows.values_list(*COLUMNS))


def draft_of(name: str, text: PolicyText, team: str) -> Draft:
    """Return what a policy, or one of its versions, says, as people write it.

    `team` is the slug of its team, empty where it has none.
    """
    scope = Scope(text.scope)
    return Draft(
        name,
        Mode(text.mode),
        rules_from(text.rules),
        scope,
        # A run has its team: only the run is named.
        "" if scope is Scope.RUN else team,
        text.run_id,
        text.task_type,
        text.enabled,
        text.note,
    )


def latencies_for(policies: tuple[Policy, ...], org_id: int, now: datetime) -> dict[str, float]:
    """Return each model's recent p95 latency in ms, where any policy limits it."""
    if all(one.rules.max_p95_latency_ms is None for one in policies):
        return {}
    return recent_p95(org_id, now)


def policy_list(caller: Caller, action: Action = Action.READ_POLICIES) -> QuerySet[Row]:
    """Return the policies in which a caller may do this.

    To read: those of its teams, and those that hold in the whole of an organisation it is of.
    To write the latter takes a role in the whole organisation.
    """
    teams = Q(team_id__in=list(caller.team_ids(action)))
    if action is Action.READ_POLICIES and caller.team_ids(action):
        return Row.objects.filter(teams | Q(team_id=None, org_id__in=list(caller.org_ids)))
    orgs = [org for org, granted in caller.org_actions.items() if action in granted]
    return Row.objects.filter(teams | Q(team_id=None, org_id__in=orgs))


def _policy(  # the columns in order
    name: str,
    version: int,
    mode: str,
    rules: object,
    scope: str,
    team_id: int | None,
    run_id: UUID | None,
    task_type: str,
) -> Policy:
    """Return a row as a policy; one that cannot be read forbids everything, never nothing."""
    try:
        read, strictness = rules_from(rules), Mode(mode)
    except (InvalidPolicy, ValueError) as error:
        said = "Policy %s v%s cannot be read, so it lets no model through: %s"
        logger.error(said, name, version, error)
        read, strictness = NOBODY, Mode.HARD
    return Policy(name, version, strictness, read, Scope(scope), team_id, run_id, task_type)
