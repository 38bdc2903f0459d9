"""Recommendations as a caller may see and decide on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, Sum

from budgets.core.access import Action, Caller
from budgets.models import Hold, Org, Team
from routing.core.trial import Verdict, differences_of, judge
from routing.models import AdviceDue, RealisedSaving, Recommendation
from routing.models.recommendation import Kind, State
from routing.services.recommendations.trials import TRIALS, scores_of
from runs.core.refusals import NotVisible
from runs.selectors.runs import refusal


@dataclass(frozen=True, slots=True)
class Reading:
    """A recommendation with what came of it. `realised_nanousd` None: it moved nothing yet.

    `place` names whose it is, `team` is the team's slug, None for the whole organisation.
    """

    row: Recommendation
    org: str
    team: str | None
    place: str
    realised_nanousd: int | None
    may_decide: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """What is proposed to an organisation, of what the caller may see.

    `computed_at` None: never yet. `asked_at` is when it was last computed on demand, None: never.
    """

    org: str
    computed_at: datetime | None
    asked_at: datetime | None
    proposals: list[Reading]


def require_advice(caller: Caller) -> None:
    """Raises: PermissionDenied for who may read usage nowhere."""
    if not caller.team_ids(Action.READ_USAGE) and not _orgs(caller, Action.READ_USAGE):
        raise PermissionDenied(refusal(caller, Action.READ_USAGE))


def recommendation_list(
    caller: Caller, action: Action = Action.READ_USAGE
) -> QuerySet[Recommendation]:
    """Return what concerns places in which the caller may do this, the newest first.

    What concerns a whole organisation takes a role in all of it: it tells what other teams spend.
    """
    teams = Q(team_id__in=list(caller.team_ids(action)))
    wide = Q(team_id=None, org_id__in=_orgs(caller, action))
    return Recommendation.objects.filter(teams | wide).order_by("-pk")


def recommendation_get(
    caller: Caller, pk: UUID, action: Action = Action.READ_USAGE
) -> Recommendation:
    """Raises: NotVisible for one it may not read; PermissionDenied where the right is missing."""
    row = recommendation_list(caller).filter(pk=pk).first()
    if row is None:
        raise NotVisible("There is no such recommendation.")
    if not may(caller, action, row):
        raise PermissionDenied(refusal(caller, action))
    return row


def may(caller: Caller, action: Action, row: Recommendation) -> bool:
    """Tell whether a caller may do this where a recommendation holds."""
    if row.team_id is None:
        return action in caller.org_actions.get(row.org_id, ())
    return action in caller.team_actions.get(row.team_id, ())


def readings_of(caller: Caller, rows: Iterable[Recommendation]) -> list[Reading]:
    """Return recommendations with names and what they saved, three queries for all of them."""
    page = list(rows)
    orgs = {org.pk: org for org in Org.objects.filter(pk__in={row.org_id for row in page})}
    teams = Team.objects.in_bulk([row.team_id for row in page if row.team_id is not None])
    saved = _saved(page)
    return [
        Reading(
            row,
            orgs[row.org_id].slug,
            teams[row.team_id].slug if row.team_id in teams else None,
            teams[row.team_id].name if row.team_id in teams else orgs[row.org_id].name,
            saved.get(row.pk),
            may(caller, Action.STEER_ROUTING, row),
        )
        for row in page
    ]


def verdict_of(row: Recommendation) -> Verdict | None:
    """Return how the trial of a recommendation stands; None: it is in none."""
    if row.state not in TRIALS:
        return None
    return judge(list(differences_of(scores_of(row, row.state))))


def shadow_money(row: Recommendation) -> tuple[int, int, int] | None:
    """Return limit, spent and held of a shadow's money in nano-dollars; None: it had none."""
    holds = Hold.objects.filter(run_id=row.pk)
    sums: Mapping[str, Any] = holds.aggregate(
        limit=Sum("limit_nanousd"), spent=Sum("spent_nanousd"), held=Sum("reserved_nanousd")
    )
    if sums["limit"] is None:
        return None
    return sums["limit"], sums["spent"], sums["held"]


def realised_totals(caller: Caller, since: date | None = None) -> tuple[int | None, int | None]:
    """Return what the caller's recommendations have saved in all, and in months since a day.

    None: none moved anything yet. `since` None: both are the same.
    """
    rows = RealisedSaving.objects.filter(recommendation__in=recommendation_list(caller))
    late = Q(month__gte=since) if since else Q()
    sums = rows.aggregate(all=Sum("saving_nanousd"), late=Sum("saving_nanousd", filter=late))
    return sums["all"], sums["late"]


def new_proposals(caller: Caller, team_ids: Iterable[int] | None = None) -> list[Recommendation]:
    """Return proposals nobody has decided on, what saves most first.

    `team_ids` None: of all places.
    """
    rows = recommendation_list(caller, Action.STEER_ROUTING).filter(state=State.PROPOSED)
    if team_ids is not None:
        rows = rows.filter(Q(team_id__in=list(team_ids)) | Q(team_id=None))
    return list(rows.order_by("-saving_low_nanousd"))


def advice_of(caller: Caller, org: Org, most: int) -> Advice:
    """Return an organisation's proposals as the caller may see them, what saves most first."""
    due = AdviceDue.objects.filter(org_id=org.pk).first() or AdviceDue(org_id=org.pk)
    rows = recommendation_list(caller).filter(
        org_id=org.pk, kind=Kind.ROUTING, state=State.PROPOSED
    )
    page = rows.order_by("-saving_low_nanousd", "pk")[:most]
    return Advice(org.slug, due.advised_at, due.asked_at, readings_of(caller, page))


def orgs_to_advise(caller: Caller) -> set[int]:
    """Return the organisations in some part of which the caller may let advice act."""
    action = Action.STEER_ROUTING
    teams = Team.objects.filter(pk__in=list(caller.team_ids(action)))
    return {*_orgs(caller, action), *teams.values_list("org_id", flat=True)}


def _saved(rows: Iterable[Recommendation]) -> dict[UUID, int]:
    found: dict[UUID, int] = defaultdict(int)
    savings = RealisedSaving.objects.filter(recommendation__in=list(rows))
    for pk, amount in savings.values_list("recommendation_id", "saving_nanousd"):
        found[pk] += amount
    return dict(found)


def _orgs(caller: Caller, action: Action) -> list[int]:
    return [org for org, granted in caller.org_actions.items() if action in granted]
