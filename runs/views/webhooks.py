"""Settings: the secrets that sign webhooks, what was sent, and sending it again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from budgets.core.access import Action, Caller
from budgets.core.alert import ChannelKind
from budgets.models import AlertDelivery, Team
from budgets.selectors import teams_of
from runs.core.refusals import NotVisible
from runs.selectors.runs import refusal
from runs.selectors.webhooks import deliveries_of
from runs.services.webhooks import redeliver, secret_of
from runs.views.alert_channels import channels_of
from runs.views.asking import caller_of, page

SHOWN = 50


@require_safe
@page
def webhooks(request: HttpRequest) -> HttpResponse:
    """Show the secrets of the teams whose keys the reader manages, and what was sent."""
    caller = caller_of(request)
    teams = _teams(caller)
    alerts = AlertDelivery.objects.filter(
        channel__in=channels_of(caller), channel__kind=ChannelKind.WEBHOOK
    ).select_related("channel")
    context: dict[str, Any] = {
        "secrets": [(team, secret_of(team.pk)) for team in teams],
        "deliveries": deliveries_of(caller)[:SHOWN],
        "alerts": alerts.order_by("-pk")[:SHOWN],
        "shown": SHOWN,
    }
    return render(request, "settings/webhooks.html", context)


@require_POST
@page
def webhook_again(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Send a delivery once more, whatever came of it."""
    caller = caller_of(request)
    _teams(caller)
    delivery = deliveries_of(caller).filter(pk=webhook_id).first()
    if delivery is None:
        raise NotVisible("There is no such delivery.")
    redeliver(delivery.pk, timezone.now())
    messages.success(request, "It is being sent again.", extra_tags="ok")
    return redirect("webhooks")


def _teams(caller: Caller) -> list[Team]:
    teams = list(teams_of(caller, Action.MANAGE_KEYS))
    if not teams:
        raise PermissionDenied(refusal(caller, Action.MANAGE_KEYS))
    return teams
