"""Decisions as a caller may see them. What they hold is no prompt, no output and no secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from budgets.core.access import Action, Caller
from routing.models import Decision, PolicyVersion
from routing.models.decision import Kind


@dataclass(frozen=True, slots=True)
class DecisionFilters:
    """Empty fields filter nothing. `team` is an id."""

    outcome: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    policy: str = ""
    version: int | None = None
    team: int | None = None
    model: str = ""
    run: UUID | None = None
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


def decision_list(
    caller: Caller, filters: DecisionFilters = DecisionFilters()
) -> QuerySet[Decision]:
    """Return the decisions a caller may read, unordered.

    Those of its teams; those of no team where it may read the decisions of the whole
    organisation.
    """
    action = Action.READ_DECISIONS
    orgs = [org for org, granted in caller.org_actions.items() if action in granted]
    teams = list(caller.team_ids(action))
    # The organisations again, so that the indexes that begin with them serve.
    seen = Q(org_id__in=list(caller.org_ids)) & Q(team_id__in=teams)
    rows = Decision.objects.filter(seen | Q(org_id__in=orgs, team_id=None))
    return _filtered(rows, filters)


def decision_get(caller: Caller, decision_id: UUID) -> Decision | None:
    """Return the decision, None where it is not there or not the caller's to see."""
    return decision_list(caller).filter(pk=decision_id).first()


def rule_behind(decision: Decision) -> PolicyVersion | None:
    """Return the version of the policy that a decision names; None where it names none."""
    if not decision.policy or decision.version is None:
        return None
    found = PolicyVersion.objects.select_related("policy")
    return found.filter(
        policy__org_id=decision.org_id, policy__name=decision.policy, version=decision.version
    ).first()


def _filtered(rows: QuerySet[Decision], filters: DecisionFilters) -> QuerySet[Decision]:
    exact = {
        "policy": filters.policy,
        "version": filters.version,
        "team_id": filters.team,
        "model": filters.model,
        "run_id": filters.run,
        "actor": filters.actor,
        "at__gte": filters.since,
        "at__lt": filters.until,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value not in ("", None)})
    if filters.outcome:
        rows = rows.filter(outcome__in=filters.outcome)
    if filters.kind:
        rows = rows.filter(kind__in=filters.kind)
    return rows


def routed(org_id: int, team_ids: list[int] | None, since: datetime, until: datetime
           ) -> QuerySet[Decision]:  # fmt: skip
    """Return the choices of a stretch of time, the newest first; `team_ids` None: of every team."""
    rows = Decision.objects.filter(
        org_id=org_id, kind=Kind.ROUTE, outcome="allow", at__gte=since, at__lt=until
    )
    rows = rows if team_ids is None else rows.filter(team_id__in=team_ids)
    return rows.order_by("-id")
