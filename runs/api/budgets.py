"""Limits of money: reading them and their forecast, changing them, raising them for a while."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from budgets.api.authentication import caller_of
from budgets.core.access import Action, Caller
from budgets.core.period import PeriodKind
from budgets.models import Org, Team
from budgets.selectors import budgets_of, orgs_of, teams_of
from budgets.selectors.outlook import budget_states
from budgets.services.access import can
from budgets.services.limits import change_budget, create_budget, raise_budget
from runs.api import schema
from runs.api.budget_shapes import (
    BudgetForecastOutput,
    BudgetInput,
    BudgetOutput,
    BudgetPatchInput,
    RaiseInput,
    forecast_facts,
    wanted_of,
)
from runs.api.idempotency import answer_once
from runs.api.inputs import read_body
from runs.api.operation import Operation
from runs.api.paging import Pages, page_of
from runs.selectors.budgets import budget_get, outlook_of, require_budgets, state_of
from runs.selectors.runs import refusal

CHANGE_EXAMPLE = OpenApiExample(
    "A higher limit",
    {"limit_usd": "150.00", "thresholds": [50, 80, 100], "reason": "two more people"},
    request_only=True,
)
RAISE_EXAMPLE = OpenApiExample(
    "Until tomorrow",
    {"amount_usd": "25.00", "reason": "launch day", "expires_at": "2026-12-02T09:00:00Z"},
    request_only=True,
)


class BudgetsInOrder(Pages):
    ordering = "id"


class ListBudgets(Operation):
    @extend_schema(
        operation_id="budgets_list",
        summary="List budgets as they stand",
        description="Those of the caller's teams, and of orgs it is a member of as a whole.",
        tags=["budgets"],
        parameters=schema.PAGE,
        responses={200: schema.paged(BudgetOutput), **schema.LIST},
    )
    def get(self, request: Request) -> Response:
        caller, now = caller_of(request), timezone.now()
        require_budgets(caller)
        return page_of(
            BudgetsInOrder,
            self,
            budgets_of(caller),
            BudgetOutput,
            lambda rows: budget_states(list(rows), now),
        )


class CreateBudget(Operation):
    @extend_schema(
        operation_id="budgets_create",
        summary="Limit a team or an org that has no budget yet",
        description="Spending counts from now on. Needs `budgets:write`, or the role.",
        tags=["budgets"],
        parameters=[schema.KEY],
        request=BudgetInput,
        responses={201: BudgetOutput, **schema.WRITE},
    )
    def post(self, request: Request) -> HttpResponseBase:
        caller = caller_of(request)
        given = read_body(BudgetInput, request).validated_data
        org, team = _place(caller, given.get("team"))
        if not can(caller, Action.WRITE_BUDGETS, team or org):
            raise PermissionDenied(refusal(caller, Action.WRITE_BUDGETS))

        def work() -> Response:
            now = timezone.now()
            made = create_budget(
                org=org, team=team, period=PeriodKind(given["period"]), wanted=wanted_of(given),
                by=caller, now=now,
            )  # fmt: skip
            return Response(BudgetOutput(state_of(made, now)).data, status=201)

        return answer_once(self, work)


class Budgets(ListBudgets, CreateBudget):
    """The two operations of one address."""


class ReadBudget(Operation):
    @extend_schema(
        operation_id="budgets_read",
        summary="Read a budget as it stands",
        tags=["budgets"],
        responses={200: BudgetOutput, **schema.READ},
    )
    def get(self, request: Request, budget_id: int) -> Response:
        budget = budget_get(caller_of(request), budget_id)
        return Response(BudgetOutput(state_of(budget, timezone.now())).data)


class ChangeBudget(Operation):
    @extend_schema(
        operation_id="budgets_change",
        summary="Change a budget's limit or thresholds",
        description="Counts at once, in the current period too. A limit below what is spent and "
        "held is refused. Needs `budgets:write`, or the role; every change is written down.",
        tags=["budgets"],
        request=BudgetPatchInput,
        examples=[CHANGE_EXAMPLE],
        responses={200: BudgetOutput, **schema.WRITE},
    )
    def patch(self, request: Request, budget_id: int) -> Response:
        caller, now = caller_of(request), timezone.now()
        budget = budget_get(caller, budget_id, Action.WRITE_BUDGETS)
        asked = read_body(BudgetPatchInput, request)
        reason = asked.validated_data.get("reason", "")
        budget = change_budget(budget, asked.wanted(), by=caller, now=now, reason=reason)
        return Response(BudgetOutput(state_of(budget, now)).data)


class OneBudget(ReadBudget, ChangeBudget):
    """The two operations of one address."""


class ForecastBudget(Operation):
    @extend_schema(
        operation_id="budgets_forecast",
        summary="Where a budget's spending leads",
        description="From the pace of the last 24 hours and of the last 7 days, half each.",
        tags=["budgets"],
        responses={200: BudgetForecastOutput, **schema.READ},
    )
    def get(self, request: Request, budget_id: int) -> Response:
        now = timezone.now()
        budget = budget_get(caller_of(request), budget_id)
        return Response(BudgetForecastOutput(forecast_facts(outlook_of(budget, now), now)).data)


class RaiseBudget(Operation):
    @extend_schema(
        operation_id="budgets_raise",
        summary="Raise a budget for a while",
        description="The raise counts at once and ends by itself. It needs a reason.",
        tags=["budgets"],
        parameters=[schema.KEY],
        request=RaiseInput,
        examples=[RAISE_EXAMPLE],
        responses={201: BudgetOutput, **schema.WRITE},
    )
    def post(self, request: Request, budget_id: int) -> HttpResponseBase:
        caller = caller_of(request)
        budget = budget_get(caller, budget_id, Action.WRITE_BUDGETS)
        given = read_body(RaiseInput, request).validated_data

        def work() -> Response:
            now = timezone.now()
            raise_budget(
                budget, amount_nanousd=given["amount_usd"], reason=given["reason"],
                expires_at=given["expires_at"], by=caller, now=now,
            )  # fmt: skip
            return Response(BudgetOutput(state_of(budget, now)).data, status=201)

        return answer_once(self, work)


def _place(caller: Caller, name: str | None) -> tuple[Org, Team | None]:
    """Return the org, and the team of this name; None: the caller's only org as a whole."""
    if name is None:
        orgs = list(orgs_of(caller).filter(pk__in=list(caller.org_actions))[:2])
        if len(orgs) != 1:
            raise ValidationError({"team": ["Name the team that this budget is for."]})
        return orgs[0], None
    org, _, slug = name.rpartition("/")
    where: dict[str, Any] = {"slug": slug} | ({"org__slug": org} if org else {})
    found = list(teams_of(caller).filter(**where)[:2])
    if len(found) != 1:
        raise ValidationError({"team": ["Name one of your teams, as slug or org/slug."]})
    return found[0].org, found[0]
