"""What was denied in a period, counted by rule and team."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from budgets.models import Team
from routing.models.decision import Outcome
from routing.selectors import office

PERIODS = {1: "24 hours", 7: "7 days", 30: "30 days", 90: "90 days"}
USUAL_DAYS = 30


@require_safe
def denials(request: HttpRequest) -> HttpResponse:
    """Show what was denied in a period, by rule and team."""
    given = request.GET.get("days", "")
    days = int(given) if given in map(str, PERIODS) else USUAL_DAYS
    since = timezone.now() - timedelta(days=days)
    rows = (
        office.readable_decisions(request.user)
        .filter(outcome=Outcome.DENY, at__gte=since)
        .order_by()
        .values("policy", "version", "team_id")
        .annotate(count=Count("pk"))
        .order_by("-count", "policy", "version")[:500]
    )
    context = admin.site.each_context(request) | {
        "title": "Denials by rule and team",
        "rows": _named([dict(row) for row in rows]),
        "periods": [(str(key), label, key == days) for key, label in PERIODS.items()],
        "label": PERIODS[days],
    }
    return render(request, "admin/audit/denials.html", context)


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return counts with the names of their teams, and where each leads."""
    ids = {row["team_id"] for row in rows if row["team_id"]}
    teams = Team.objects.select_related("org").in_bulk(ids)
    return [_row(row, teams.get(row["team_id"])) for row in rows]


def _row(row: dict[str, Any], team: Team | None) -> dict[str, Any]:
    rule = row["policy"] or "no model left"
    version = f" v{row['version']}" if row["version"] else ""
    asked = {"outcome__exact": "deny", "policy": row["policy"], "version": row["version"],
             "team_id": team and team.pk}  # fmt: skip
    query = urlencode({name: value for name, value in asked.items() if value})
    return {
        "rule": f"{rule}{version}",
        "team": f"{team.org} / {team}" if team else "–",
        "count": row["count"],
        "url": f"{reverse('admin:routing_decision_changelist')}?{query}",
    }
