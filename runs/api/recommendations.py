"""Recommendations over REST: reading them, letting them act, taking them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action, Caller
from budgets.selectors import teams_of
from routing.core.stages import CANARY, SHADOW, next_stage
from routing.models import Recommendation
from routing.services.recommendations import Wanted, advance, dismiss, revert
from runs.api import schema
from runs.api.idempotency import answer_once
from runs.api.inputs import read_body, read_query
from runs.api.operation import Operation
from runs.api.paging import NewestFirst, page_of
from runs.api.recommendation_shapes import (
    ApplyInput,
    ReasonInput,
    RecommendationDetailOutput,
    RecommendationOutput,
    RecommendationQuery,
)
from runs.core.refusals import InvalidSubmission
from runs.selectors.recommendation_samples import samples_of
from runs.selectors.recommendations import (
    readings_of,
    recommendation_get,
    recommendation_list,
    require_advice,
)

CANARY_EXAMPLE = OpenApiExample(
    "A tenth of the traffic", {"stage": "canary", "share": 0.1}, request_only=True
)
SHADOW_EXAMPLE = OpenApiExample(
    "Beside it, for two dollars", {"stage": "shadow", "budget_usd": "2.00"}, request_only=True
)


class ListRecommendations(Operation):
    @extend_schema(
        operation_id="recommendations_list",
        summary="List recommendations",
        description="Those of the caller's teams, and of orgs it is a member of as a whole; the "
        "newest first. `amount_usd` is what a month would save, with its 80 % interval; "
        "`realised_usd` what was saved so far.",
        tags=["recommendations"],
        parameters=[RecommendationQuery, *schema.PAGE],
        responses={200: schema.paged(RecommendationOutput), **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        require_advice(caller)
        asked = read_query(RecommendationQuery, request).validated_data
        rows = recommendation_list(caller)
        if asked.get("state"):
            rows = rows.filter(state__in=asked["state"])
        for name in ("kind", "task_type"):
            if asked.get(name):
                rows = rows.filter(**{name: asked[name]})
        if asked.get("team"):
            rows = rows.filter(_of_team(caller, asked["team"]))
        return page_of(
            NewestFirst, self, rows, RecommendationOutput, lambda page: readings_of(caller, page)
        )


class ReadRecommendation(Operation):
    @extend_schema(
        operation_id="recommendations_read",
        summary="Read a recommendation with its evidence",
        description="With both models' figures in all and by team, answers of both side by side, "
        "how its trial stands, what it saved month by month, and every step that was taken.",
        tags=["recommendations"],
        responses={200: RecommendationDetailOutput, **schema.READ},
    )
    def get(self, request: Request, recommendation_id: UUID) -> Response:
        caller = caller_of(request)
        require_advice(caller)
        return _answer(caller, recommendation_get(caller, recommendation_id))


class ApplyRecommendation(Operation):
    @extend_schema(
        operation_id="recommendations_apply",
        summary="Take a recommendation to its next stage",
        description="`shadow`: both models answer and only the present one counts, on money of "
        "its own. `canary`: a share of the traffic goes to the proposed model, and the trial stops "
        "by itself where quality drops. `applied`: what would go to the present model goes to the "
        "proposed one. Later stages may be gone to at once. 402 where no budget has room for a "
        "shadow; 409 from a state that goes no further.",
        tags=["recommendations"],
        parameters=[schema.KEY],
        request=ApplyInput,
        examples=[CANARY_EXAMPLE, SHADOW_EXAMPLE],
        responses={200: RecommendationDetailOutput, **schema.MONEY},
    )
    def post(self, request: Request, recommendation_id: UUID) -> HttpResponseBase:
        caller, row = _decidable(request, recommendation_id)
        given = read_body(ApplyInput, request).validated_data
        wanted = _wanted(row, given)
        return _once(
            self, caller, lambda: advance(row.pk, wanted, by=caller.name, now=timezone.now())
        )


class DismissRecommendation(Operation):
    @extend_schema(
        operation_id="recommendations_dismiss",
        summary="Turn a proposal down",
        description="It is not proposed again for 30 days. 409 once it has been acted on.",
        tags=["recommendations"],
        parameters=[schema.KEY],
        request=ReasonInput,
        responses={200: RecommendationDetailOutput, **schema.WRITE},
    )
    def post(self, request: Request, recommendation_id: UUID) -> HttpResponseBase:
        return _with_reason(self, request, recommendation_id, dismiss)


class RevertRecommendation(Operation):
    @extend_schema(
        operation_id="recommendations_revert",
        summary="Take a recommendation back, whatever its stage",
        description="Models are chosen as before within a second. 409 where nothing is under way.",
        tags=["recommendations"],
        parameters=[schema.KEY],
        request=ReasonInput,
        responses={200: RecommendationDetailOutput, **schema.WRITE},
    )
    def post(self, request: Request, recommendation_id: UUID) -> HttpResponseBase:
        return _with_reason(self, request, recommendation_id, revert)


def _decidable(request: Request, pk: UUID) -> tuple[Caller, Recommendation]:
    caller = caller_of(request)
    return caller, recommendation_get(caller, pk, Action.STEER_ROUTING)


def _wanted(row: Recommendation, given: Mapping[str, Any]) -> Wanted:
    """Raises: InvalidSubmission for what says nothing of the stage that it goes to."""
    stage = given.get("stage") or next_stage(row.kind, row.state)
    for name, its in (("budget_usd", SHADOW), ("share", CANARY)):
        if name in given and stage is not None and stage != its:
            raise InvalidSubmission(
                {name: [f"This goes to {stage}, and only a {its} takes {name}: leave it out."]}
            )
    return Wanted(given.get("stage"), given.get("budget_usd"), given.get("share"))


def _with_reason(
    view: Operation, request: Request, pk: UUID, decide: Callable[..., Recommendation]
) -> HttpResponseBase:
    """Dismiss or revert, for the reason that was given."""
    caller, row = _decidable(request, pk)
    reason = read_body(ReasonInput, request).validated_data.get("reason", "")
    return _once(
        view, caller, lambda: decide(row.pk, by=caller.name, now=timezone.now(), reason=reason)
    )


def _once(
    view: Operation, caller: Caller, decide: Callable[[], Recommendation]
) -> HttpResponseBase:
    return answer_once(view, lambda: _answer(caller, decide()))


def _answer(caller: Caller, row: Recommendation) -> Response:
    (reading,) = readings_of(caller, [row])
    teams = teams_of(caller, Action.READ_USAGE).values_list("pk", "slug")
    context = {"teams": dict(teams), "samples": samples_of(caller, row)}
    return Response(RecommendationDetailOutput(reading, context=context).data)


def _of_team(caller: Caller, slug: str) -> Q:
    org, _, name = slug.replace("\x00", "").rpartition("/")
    found = teams_of(caller).filter(slug=name, **({"org__slug": org} if org else {}))
    return Q(team_id__in=[team.pk for team in found])
