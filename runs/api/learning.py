"""What routing learned of one type of task, and sharing that with others, over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action
from budgets.services.access import can
from routing.core.candidates import Candidate
from routing.selectors.profiles import shares
from runs.api import schema
from runs.api.inputs import read_body, read_query
from runs.api.learning_shapes import (
    LEARNING_EXAMPLE,
    LearningOutput,
    LearningQuery,
    SharingInput,
    SharingOutput,
)
from runs.api.operation import Operation
from runs.api.places import org_of, place_of
from runs.api.tuning_shapes import OrgQuery
from runs.core.agreement import agreement
from runs.core.exploration import exploration
from runs.core.tradeoff import frontier, stretches
from runs.selectors.learned import learned, movement, steps_of, verdict_pairs
from runs.selectors.runs import refusal
from runs.selectors.tuning.places import Place
from runs.services.sharing import share_learning

Z95 = 1.959964


class ReadLearning(Operation):
    @extend_schema(
        operation_id="learning_read",
        summary="Tell what routing believes of each model at one type of task",
        description="With how that moved, who is chosen at each worth of an accepted result, what "
        "exploring cost over the newest choices, and whether judges agree with people. Intervals "
        "hold 95 %.",
        tags=["learning"],
        parameters=[LearningQuery],
        examples=[LEARNING_EXAMPLE],
        responses={200: LearningOutput, **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        asked = read_query(LearningQuery, request).validated_data
        place = place_of(caller, asked.get("team", ""), Action.READ_USAGE)
        return Response(LearningOutput(_told(place, asked["task_type"], timezone.now())).data)


class ReadSharing(Operation):
    @extend_schema(
        operation_id="learning_sharing_read",
        summary="Tell whether the organisation shares what routing learned",
        tags=["learning"],
        parameters=[OrgQuery],
        responses={200: SharingOutput, **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        org = org_of(caller, read_query(OrgQuery, request).validated_data.get("org", ""))
        return Response({"org": org.slug, "shares": shares(org.pk)})


class ChangeSharing(Operation):
    @extend_schema(
        operation_id="learning_sharing_change",
        summary="Share what routing learned with all organisations that do, or no longer",
        description="For owners of the whole organisation, in a session; no key may. Shared are "
        "sums by model and type of task; leaving takes effect at once.",
        tags=["learning"],
        request=SharingInput,
        responses={200: SharingOutput, **schema.WRITE},
    )
    def put(self, request: Request) -> Response:
        caller = caller_of(request)
        given = read_body(SharingInput, request).validated_data
        org = org_of(caller, given.get("org", ""))
        if not can(caller, Action.SHARE_LEARNING, org):
            raise PermissionDenied(refusal(caller, Action.SHARE_LEARNING))
        share_learning(org, wanted=given["shares"], actor=caller.name, now=timezone.now())
        return Response({"org": org.slug, "shares": shares(org.pk)})


class Sharing(ReadSharing, ChangeSharing):
    """The operations of one address."""


def _told(place: Place, task_type: str, now: datetime) -> dict[str, Any]:
    known = learned(place, task_type, now)
    moved = movement(place, task_type, known.candidates, now)
    return {
        "org": place.org.slug,
        "team": place.team.slug if place.team else None,
        "task_type": task_type,
        "threshold": known.threshold,
        "input_tokens": known.input_tokens,
        "models": sorted(map(_model, known.candidates), key=lambda one: -one["mean"]),
        "days": moved.days,
        "means_by_day": moved.by_model,
        "choices": stretches(known.candidates, known.threshold),
        "frontier": [{"cost": round(cost), "quality": quality}
                     for cost, quality in frontier(known.candidates)],
        "exploration": exploration(steps_of(place, task_type, now)),
        "agreement": agreement(verdict_pairs(place, task_type)),
    }  # fmt: skip


def _model(one: Candidate) -> dict[str, Any]:
    half = Z95 * one.estimate.sd
    return {
        "model": one.model,
        "provider": one.provider,
        "n": one.estimate.n,
        "mean": one.estimate.mean,
        "low": max(0.0, one.estimate.mean - half),
        "high": min(1.0, one.estimate.mean + half),
        "spread": one.estimate.spread,
        "expected_cost": one.expected_cost_nanousd,
        "latency_ms": one.latency_ms,
    }
