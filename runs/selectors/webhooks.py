"""What was sent to webhooks, as those who manage a team's keys may see it."""

from __future__ import annotations

from django.db.models import QuerySet

from budgets.core.access import Action, Caller
from runs.models import WebhookDelivery


def deliveries_of(caller: Caller) -> QuerySet[WebhookDelivery]:
    """Return the deliveries of the runs of a caller's teams, the newest first."""
    teams = list(caller.team_ids(Action.MANAGE_KEYS))
    found = WebhookDelivery.objects.filter(run__team__in=teams)
    return found.select_related("run__team").order_by("-pk")
