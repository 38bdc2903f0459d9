"""The page that lists runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from budgets.core.access import Action
from runs.selectors.run_filters import RunFilters
from runs.selectors.runs import RunReading, list_readings, run_list
from runs.views.asking import caller_of, page, wants_part
from runs.views.filter_bar import FilterBar
from runs.views.filter_parts import STATUS_GROUPS
from runs.views.formats import exact_usd

PAGE_SIZE = 50
FIELDS = ("team", "task_type", "model", "provider", "policy_outcome", "status")


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
    return redirect("overview")


@require_safe
@page
def runs(request: HttpRequest) -> HttpResponse:
    """Show the runs that fit the filter, newest first."""
    caller = caller_of(request)
    bar = FilterBar(request, caller, FIELDS, action=Action.READ_RUNS)
    before = bar.place(request)
    found = run_list(caller, _asked(bar)).order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    window = list(found[: PAGE_SIZE + 1])
    rows = [Row(reading) for reading in list_readings(window[:PAGE_SIZE])]
    context: dict[str, Any] = {
        "bar": bar,
        "rows": rows,
        "part_url": bar.url(before=str(before or "")),
        "older_url": bar.url(before=str(window[-2].pk)) if len(window) > PAGE_SIZE else "",
        "newer_url": bar.url() if before is not None else "",
        "first": not rows and not run_list(caller).exists(),
        "base_url": settings.PUBLIC_URL,
        "may_submit": bool(caller.team_ids(Action.WRITE_RUNS)),
    }
    if wants_part(request):
        return render(request, "runs/parts/rows.html", context)
    return render(request, "runs/list.html", context | {"choices": _choices(bar)})


def _asked(bar: FilterBar) -> RunFilters:
    filters = bar.filters
    return RunFilters(
        status=bar.statuses,
        team_ids=tuple(team.pk for team in bar.teams) if filters.team else None,
        created_after=bar.window.starts_at,
        # A time that is still going on has no end: what is submitted meanwhile belongs to it.
        created_before=None if bar.window.is_unfinished else bar.window.ends_at,
        models=filters.model,
        providers=filters.provider,
        task_types=filters.task_type,
        policy_outcome=filters.policy_outcome,
    )


def _choices(bar: FilterBar) -> list[Choice]:
    """Return the groups of statuses, as the quick way to the commonest of them."""
    chosen = bar.filters.status
    groups = [("All", ()), *((label, (name,)) for name, (label, _) in STATUS_GROUPS.items())]
    return [
        Choice(label, bar.url(bar.filters.having(status=group)), group == chosen)
        for label, group in groups
    ]
