"""Having routing advice computed over REST, beside the daily time."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action, Caller
from budgets.models import Org
from routing.services.recommendations.advising import ON_DEMAND_EVERY, advise_on_demand
from runs.api import schema
from runs.api.fields import StrictSerializer, TextField
from runs.api.idempotency import answer_once
from runs.api.inputs import read_body
from runs.api.operation import Operation
from runs.api.outputs import Read
from runs.api.paging import MAX_PAGE_SIZE
from runs.api.places import org_of
from runs.api.recommendation_shapes import RecommendationOutput
from runs.api.recommendations import ListRecommendations
from runs.selectors.recommendations import advice_of, require_advice

ADVICE_EXAMPLE = OpenApiExample("Of one of several organisations", {"org": "acme"},
                                request_only=True)  # fmt: skip
ADVICE_ANSWER = OpenApiExample(
    "Nothing to recommend",
    {"org": "acme", "computed": True, "computed_at": "2026-11-26T12:00:00Z",
     "again_from": "2026-11-26T12:01:00Z", "results": []},
    response_only=True, status_codes=["200"],
)  # fmt: skip


class AdviceInput(StrictSerializer):
    """Whose advice; an empty body means the caller's only organisation."""

    org = TextField(
        max_length=50, required=False, help_text="Slug; for people of several organisations."
    )


class AdviceOutput(Read):
    """Routing advice as it stands now, what surely saves most first."""

    org = serializers.CharField()
    computed = serializers.BooleanField(
        help_text="By this request. false: by another, less than a minute ago or under way."
    )
    computed_at = serializers.DateTimeField(
        allow_null=True, help_text="null: it is being computed for the first time."
    )
    again_from = serializers.DateTimeField(help_text="Before that it is not computed again.")
    results = RecommendationOutput(many=True)


class ComputeAdvice(Operation):
    @extend_schema(
        operation_id="recommendations_compute",
        summary="Compute routing advice now, from what attempts came to so far",
        description="It is computed daily, too. Answers what is proposed, of what the caller may "
        "see. An organisation's advice is computed once a minute at most, whoever asks: until "
        "`again_from` what stands is answered as it is, with `computed` false. New proposals are "
        "events, called `recommendation.proposed`.",
        tags=["recommendations"],
        parameters=[schema.KEY],
        request=AdviceInput,
        examples=[ADVICE_EXAMPLE, ADVICE_ANSWER],
        responses={200: AdviceOutput, **schema.WRITE},
    )
    def post(self, request: Request) -> HttpResponseBase:
        caller, now = caller_of(request), timezone.now()
        require_advice(caller)
        given = read_body(AdviceInput, request).validated_data
        org = org_of(caller, given.get("org", ""), Action.STEER_ROUTING)

        def compute() -> None:
            advise_on_demand(org.pk, now, caller.name)

        # Computed before the transaction of the answer: calls wait for what it would lock.
        return answer_once(self, lambda: _advice(caller, org, now), prepare=compute)


class Recommendations(ListRecommendations, ComputeAdvice):
    """The operations of one address."""


def _advice(caller: Caller, org: Org, now: datetime) -> Response:
    found = advice_of(caller, org, MAX_PAGE_SIZE)
    told = {
        "org": found.org,
        "computed": found.computed_at == now,
        "computed_at": found.computed_at,
        "again_from": (found.asked_at or now) + ON_DEMAND_EVERY,
        "results": found.proposals,
    }
    return Response(AdviceOutput(told).data)
