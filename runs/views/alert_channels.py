"""The page of where alerts of budgets go, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from budgets.core.access import Action, Caller
from budgets.core.alert import ChannelKind
from budgets.core.errors import InvalidChange
from budgets.models import AlertChannel, AlertDelivery, Org, Team
from budgets.selectors import orgs_of, teams_of
from budgets.services import channels
from runs.core.refusals import NotVisible
from runs.selectors.runs import refusal
from runs.services import budget_alerts
from runs.views.asking import caller_of, page
from runs.views.budget_forms import ChannelForm

DELIVERIES = 50
KINDS = {"email": "E-mail", "slack": "Slack", "webhook": "Webhook"}


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One channel. `secret` is empty where nothing is signed."""

    channel: AlertChannel
    kind: str
    place: str
    target: str
    secret: str


@require_http_methods(["GET", "HEAD", "POST"])
@page
def alert_channels(request: HttpRequest) -> HttpResponse:
    """Show channels and deliveries, or add a channel."""
    caller = caller_of(request)
    places = _places(caller)
    if not places:
        raise PermissionDenied(refusal(caller, Action.WRITE_BUDGETS))
    choices = [(key, name) for key, (name, _, _) in places.items()]
    if request.method != "POST":
        return _show(request, caller, ChannelForm(choices))
    form = ChannelForm(choices, request.POST)
    if form.is_valid() and _add(caller, places, form, timezone.now()):
        messages.success(request, "Added. Send a test to see it arrive.", extra_tags="ok")
        return redirect("alert-channels")
    return _show(request, caller, form, status=422)


@require_POST
@page
def channel_test(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Send a test to a channel."""
    caller = caller_of(request)
    budget_alerts.try_channel(_channel(caller, channel_id), by=caller, now=timezone.now())
    messages.success(request, "A test is on its way: see the deliveries below.", extra_tags="ok")
    return redirect("alert-channels")


@require_POST
@page
def channel_gone(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Send nothing to a channel any more."""
    caller = caller_of(request)
    channels.remove_channel(_channel(caller, channel_id), by=caller, now=timezone.now())
    return redirect("alert-channels")


@require_POST
@page
def delivery_again(request: HttpRequest, delivery_id: Any) -> HttpResponse:
    """Send a delivery once more."""
    caller = caller_of(request)
    delivery = AlertDelivery.objects.filter(channel__in=channels_of(caller), pk=delivery_id).first()
    if delivery is None:
        raise NotVisible("There is no such delivery.")
    budget_alerts.redeliver(delivery, timezone.now())
    messages.success(request, "It is being sent again.", extra_tags="ok")
    return redirect("alert-channels")


def _show(
    request: HttpRequest, caller: Caller, form: ChannelForm, status: int = 200
) -> HttpResponse:
    own = channels_of(caller)
    deliveries = AlertDelivery.objects.filter(channel__in=own).select_related("channel", "alert")
    context = {
        "form": form,
        "channels": [_line(one) for one in own.filter(removed_at__isnull=True).order_by("pk")],
        "deliveries": deliveries.order_by("-pk")[:DELIVERIES],
        "kinds": KINDS,
    }
    return render(request, "budgets/alerts.html", context, status=status)


def _line(one: AlertChannel) -> ChannelLine:
    is_hook = one.kind == ChannelKind.WEBHOOK
    # The address of a Slack hook is a secret itself: enough of it to be told apart.
    target = f"{one.target[:24]}…" if one.kind == ChannelKind.SLACK else one.target
    return ChannelLine(
        one,
        KINDS[one.kind],
        one.team.name if one.team else f"All of {one.org.name}",
        target,
        channels.secret_of(one) if is_hook else "",
    )


def _places(caller: Caller) -> dict[str, tuple[str, Org, Team | None]]:
    """Return of what the caller may direct alerts, by what the form calls it."""
    orgs = orgs_of(caller).filter(pk__in=list(caller.org_actions)).order_by("pk")
    wide = {
        f"org-{org.pk}": (f"All of {org.name}", org, None)
        for org in orgs
        if Action.WRITE_BUDGETS in caller.org_actions[org.pk]
    }
    teams = teams_of(caller, Action.WRITE_BUDGETS)
    return wide | {f"team-{team.pk}": (team.name, team.org, team) for team in teams}


def channels_of(caller: Caller) -> QuerySet[AlertChannel]:
    """Return the channels a caller may manage, those that were removed as well."""
    places = _places(caller).values()
    teams = [team.pk for _, _, team in places if team is not None]
    orgs = [org.pk for _, org, team in places if team is None]
    own = Q(team__in=teams) | Q(team__isnull=True, org__in=orgs)
    return AlertChannel.objects.filter(own).select_related("org", "team")


def _channel(caller: Caller, channel_id: int) -> AlertChannel:
    channel = channels_of(caller).filter(pk=channel_id, removed_at__isnull=True).first()
    if channel is None:
        raise NotVisible("There is no such channel.")
    return channel


def _add(
    caller: Caller,
    places: dict[str, tuple[str, Org, Team | None]],
    form: ChannelForm,
    now: datetime,
) -> bool:
    given = form.cleaned_data
    _, org, team = places[given["place"]]
    try:
        channels.add_channel(
            org=org, team=team, kind=ChannelKind(given["kind"]), target=given["target"],
            by=caller, now=now,
        )  # fmt: skip
    except InvalidChange as refused:
        for field, sentences in refused.errors.items():
            form.add_error(field, list(sentences))
        return False
    return True
