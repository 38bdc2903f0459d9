"""Decisions as a caller may see them. What they hold is no prompt, no output and no secret."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from budgets.core.access import Action, Caller
from routing.models import Decision, PolicyVersion
from routing.models.decision import Kind

_MOMENT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class DecisionFilters:
    """Empty fields filter nothing. `team` and `teams` are ids."""

    outcome: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    policy: str = ""
    version: int | None = None
    team: int | None = None
    teams: tuple[int, ...] = ()
    model: str = ""
    models: tuple[str, ...] = ()
    run: UUID | None = None
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """Count what one policy of one organisation decided in the last day, and the last week."""

    org_id: int
    policy: str
    outcome: str
    day: int
    week: int


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


def decided_by(caller: Caller, policies: Collection[str], now: datetime) -> list[Decided]:
    """Return what these policies denied, and warned of, in the last 24 hours and 7 days."""
    day, week = now - timedelta(days=1), now - timedelta(days=7)
    rows = decision_list(caller, DecisionFilters(kind=(Kind.POLICY,), since=week))
    counted = rows.filter(policy__in=list(policies)).order_by()
    found = counted.values("org_id", "policy", "outcome").annotate(
        day=Count("pk", filter=Q(at__gte=day)), week=Count("pk")
    )
    return [Decided(**row) for row in found]


def _filtered(rows: QuerySet[Decision], filters: DecisionFilters) -> QuerySet[Decision]:
    exact = {
        "policy": filters.policy,
        "version": filters.version,
        "team_id": filters.team,
        "id__gte": None if filters.since is None else _first_id(filters.since),
        "model": filters.model,
        "run_id": filters.run,
        "actor": filters.actor,
        "at__gte": filters.since,
        "at__lt": filters.until,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value not in ("", None)})
    if filters.teams:
        rows = rows.filter(team_id__in=filters.teams)
    if filters.models:
        rows = rows.filter(model__in=filters.models)
    if filters.outcome:
        rows = rows.filter(outcome__in=filters.outcome)
    if filters.kind:
        rows = rows.filter(kind__in=filters.kind)
    return rows


def _first_id(at: datetime) -> UUID:
    """Return the least id that a decision of that time, or a later one, can have.

    Ids begin with the time, and are what the indexes are ordered by; `at` is in none. An id may
    be given out a moment before its time is taken.
    """
    milliseconds = max(0, int((at.timestamp() - _MOMENT_SECONDS) * 1000))
    return UUID(int=milliseconds << 80)


def routed(org_id: int, team_ids: list[int] | None, since: datetime, until: datetime
           ) -> QuerySet[Decision]:  # fmt: skip
    """Return the choices of a stretch of time, the newest first; `team_ids` None: of every team."""
    rows = Decision.objects.filter(
        org_id=org_id, kind=Kind.ROUTE, outcome="allow", at__gte=since, at__lt=until
    )
    rows = rows if team_ids is None else rows.filter(team_id__in=team_ids)
    return rows.order_by("-id")
