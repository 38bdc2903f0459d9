"""The page that explores what was used: any metric by group and sub-group, over time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from budgets.core.access import Caller
from runs.core.metrics import GROUPS, METRICS, TOP, Metric, Value
from runs.selectors.feed import feed_version
from runs.selectors.usage import (
    Asked,
    Breakdown,
    breakdown,
    chart,
    cost_by_model_and_hour,
    cost_by_team_and_day,
)
from runs.views.asking import UNCHANGED, caller_of, page, wants_part
from runs.views.breakdown_rows import BreakdownRow, rows_of
from runs.views.chart_card import ChartCard
from runs.views.cost_heat import model_and_hour, team_and_day
from runs.views.filter_bar import FilterBar
from runs.views.formats import words
from runs.views.heat import Heat

OWN = ("metric", "group", "sub", "top", "shape")
TOPS = (5, TOP, 20)
OFFERS: Mapping[str, Collection[str]] = {
    "metric": METRICS, "group": GROUPS, "sub": GROUPS, "top": [str(top) for top in TOPS],
    "shape": ("table",),
}  # fmt: skip
GROUP_LABELS: Mapping[str, str] = {name: words(name) for name in GROUPS}
DEFAULT_METRIC, DEFAULT_GROUP = "cost", "model"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Pick:
    """One field of what is explored."""

    name: str
    label: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Explored:
    """What is explored."""

    metric: Metric
    group: str
    sub: str
    top: int
    as_table: bool


class CostsPage:
    """One state of the page; what a part does not show is not read."""

    def __init__(self, caller: Caller, bar: FilterBar) -> None:
        self.bar = bar
        self.explored = explored_of(dict(bar.own))
        self._asked: Asked = bar.ask()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was ever used that the caller may see."""
        return not self.bar.seen.models

    @property
    def metric(self) -> Metric:
        return self.explored.metric

    @property
    def picks(self) -> list[Pick]:
        now = self.explored
        metrics = {name: metric.label for name, metric in METRICS.items()}
        subs = {"": "nothing more"} | {k: v for k, v in GROUP_LABELS.items() if k != now.group}
        tops = {str(top): f"the top {top}" for top in TOPS}
        return [
            _pick("metric", "Metric", metrics, now.metric.name),
            _pick("group", "By", GROUP_LABELS, now.group),
            _pick("sub", "Then by", subs, now.sub),
            _pick("top", "Show", tops, str(now.top)),
        ]

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Return what the form must say again, having no field for it."""
        kept = [("shape", "table")] if self.explored.as_table else []
        return [*self.bar.filters.pairs(), *kept]

    @cached_property
    def found(self) -> Breakdown:
        one = self.explored
        return breakdown(self._asked, one.metric, one.group, one.sub, top=one.top)

    @cached_property
    def rows(self) -> list[BreakdownRow]:
        return rows_of(self.found, self.bar, self.explored.group, self.explored.sub)

    @property
    def by(self) -> str:
        """Return how it is grouped, in words."""
        one = self.explored
        then = f", then by {GROUP_LABELS[one.sub].lower()}" if one.sub else ""
        return f"by {GROUP_LABELS[one.group].lower()}{then}"

    @property
    def group_label(self) -> str:
        return GROUP_LABELS[self.explored.group]

    @property
    def has_before(self) -> bool:
        return self._asked.window.previous is not None

    @cached_property
    def chart(self) -> ChartCard:
        one = self.explored
        found = chart(self._asked, one.metric, one.group, top=min(one.top, TOP))
        return ChartCard(found, one.group, self.bar.label, self._before)

    @property
    def _before(self) -> list[Value] | None:
        """Return the time before in all, bucket by bucket; None: it is not kept."""
        previous = self._asked.window.previous
        if previous is None:
            return None
        found = chart(self._asked.over(previous), self.metric)
        return list(found.lines[0].values) if found.lines else None

    @property
    def shape_url(self) -> str:
        """Return the address with the chart as a table, or as a chart again."""
        return self.bar.url(shape="" if self.explored.as_table else "table")

    @cached_property
    def days(self) -> Heat | None:
        return team_and_day(cost_by_team_and_day(self._asked), self.bar)

    @cached_property
    def hours(self) -> Heat | None:
        return model_and_hour(cost_by_model_and_hour(self._asked), self.bar)

    @property
    def export_url(self) -> str:
        return f"{reverse('costs-export')}?{self.bar.query}"


def explored_of(own: Mapping[str, str]) -> Explored:
    """Return what an address asks for, of which nothing but OFFERS is left."""
    group, sub = own.get("group", DEFAULT_GROUP), own.get("sub", "")
    return Explored(
        METRICS[own.get("metric", DEFAULT_METRIC)],
        group,
        sub if sub != group else "",
        int(own.get("top", TOP)),
        "shape" in own,
    )


def _pick(name: str, label: str, values: Mapping[str, str], chosen: str) -> Pick:
    return Pick(name, label, [Choice(v, text, v == chosen) for v, text in values.items()])


@require_safe
@page
def costs(request: HttpRequest) -> HttpResponse:
    """Show what is explored, or the part of the page that updates itself."""
    caller = caller_of(request)
    bar = FilterBar(request, caller, own=OWN, offers=OFFERS)
    version = feed_version(caller, bar.now)
    if wants_part(request) and request.GET.get("seen") == version:
        return HttpResponse(status=UNCHANGED)
    part_url = bar.url(seen=version)
    context = {"bar": bar, "page": CostsPage(caller, bar), "part_url": part_url}
    name = "parts/live.html" if wants_part(request) else "page.html"
    return render(request, f"costs/{name}", context)
