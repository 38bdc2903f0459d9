"""The page that lists runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from budgets.core.access import Action
from budgets.selectors import teams_of
from runs.core.status import ACTIVE, RESUMABLE, RunStatus
from runs.selectors.runs import RunFilters, RunReading, list_readings, run_list
from runs.views.asking import caller_of, page, wants_part
from runs.views.formats import exact_usd

PAGE_SIZE = 50

GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("All", ()),
    "active": ("Active", tuple(sorted(ACTIVE))),
    "success": ("Success", (RunStatus.SUCCESS,)),
    "degraded": ("Degraded", (RunStatus.COMPLETED_DEGRADED,)),
    "interrupted": ("Interrupted", tuple(sorted(RESUMABLE))),
    "cancelled": ("Cancelled", (RunStatus.CANCELLED,)),
}


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    reading: RunReading

    @property
    def spent(self) -> int:
        return self.reading.money.spent_nanousd

    @property
    def reserved(self) -> int:
        return self.reading.money.reserved_nanousd

    @property
    def labels(self) -> list[tuple[str, str]]:
        return list(self.reading.run.labels.items())[:2]

    @property
    def tasks_label(self) -> str:
        run = self.reading.run
        return f"{run.tasks_done} of {run.tasks_total} tasks done"

    @property
    def money_label(self) -> str:
        budget = exact_usd(self.reading.run.budget_nanousd)
        return f"{exact_usd(self.spent)} spent of {budget}, {exact_usd(self.reserved)} held"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("runs")


@require_safe
@page
def runs(request: HttpRequest) -> HttpResponse:
    """Show the runs that fit the filter, newest first."""
    caller = caller_of(request)
    group = request.GET.get("status", "")
    group = group if group in GROUPS else ""
    team = request.GET.get("team", "").replace("\0", "")  # PostgreSQL takes no NUL
    before = _uuid_or_none(request.GET.get("before", ""))
    found = run_list(caller, RunFilters(status=GROUPS[group][1], team=team)).order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    window = list(found[: PAGE_SIZE + 1])
    rows = [Row(reading) for reading in list_readings(window[:PAGE_SIZE])]
    context: dict[str, Any] = {
        "rows": rows,
        "live": any(row.reading.run.status in ACTIVE for row in rows),
        "older_url": _url(group, team, rows[-1].reading.run.pk) if len(window) > PAGE_SIZE else "",
        "newer_url": _url(group, team) if before is not None else "",
        "filtered": bool(group or team or before),
        "base_url": settings.PUBLIC_URL,
        "may_submit": bool(caller.team_ids(Action.WRITE_RUNS)),
    }
    if wants_part(request):
        return render(request, "runs/parts/rows.html", context)
    context["choices"] = [
        Choice(label, _url(name, team), name == group) for name, (label, _) in GROUPS.items()
    ]
    context |= {"group": group, "chosen_team": team}
    context["teams"] = list(teams_of(caller, Action.READ_RUNS))
    return render(request, "runs/list.html", context)


def _url(group: str, team: str, before: UUID | None = None) -> str:
    given = {"status": group, "team": team, "before": before}
    return "?" + urlencode({name: value for name, value in given.items() if value})


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
