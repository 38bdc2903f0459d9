"""The secret by which a receiver knows that a webhook is ours."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action
from budgets.selectors import teams_of
from runs.api import schema
from runs.api.operation import Operation
from runs.api.outputs import WebhookSecretOutput
from runs.core.refusals import NotVisible
from runs.selectors.runs import refusal
from runs.services.webhooks import secret_of


class ReadWebhookSecret(Operation):
    @extend_schema(
        operation_id="webhook_secret",
        summary="Read the secret that signs a team's webhooks",
        description="Needs the scope `admin`, or the role.",
        tags=["webhooks"],
        parameters=[OpenApiParameter("team", str, description="Needed by people of several.")],
        responses={200: WebhookSecretOutput, **schema.READ},
    )
    def get(self, request: Request) -> Response:
        caller = caller_of(request)
        teams = teams_of(caller, Action.MANAGE_KEYS)
        if slug := request.query_params.get("team", "").replace("\x00", ""):
            teams = teams.filter(slug=slug)
        found = list(teams[:2])
        if not found and not slug:
            raise PermissionDenied(refusal(caller, Action.MANAGE_KEYS))
        if len(found) != 1:
            raise NotVisible("Name one of your teams with ?team=.")
        answer = {
            "team": found[0].slug,
            "secret": secret_of(found[0].pk),
            "header": "X-Orchestrator-Signature",
            "scheme": "t=<unix seconds>,v1=<hex HMAC-SHA256 of '<t>.<body>'>",
        }
        return Response(WebhookSecretOutput(answer).data)
