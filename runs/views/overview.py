"""The page that people land on: money, runs, quality and speed at a glance."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from budgets.core.access import Action, Caller
from runs.core.heat import Metric
from runs.core.metrics import METRICS
from runs.core.window import named_window
from runs.selectors.feed import feed_version
from runs.selectors.made_up import holds_demo
from runs.selectors.outlooks import BudgetOutlook, budget_outlooks
from runs.selectors.usage import (
    Matrix,
    ModelHealth,
    Overview,
    chart,
    provider_health,
    quality_matrix,
)
from runs.selectors.usage import (
    overview as read_overview,
)
from runs.views.advice_glance import AdviceGlance, advice_glance, advice_items
from runs.views.asking import UNCHANGED, caller_of, page, wants_part
from runs.views.attention import Item, attention
from runs.views.budget_glance import BudgetRow
from runs.views.chart_card import ChartCard
from runs.views.compare import Change, change_of, percent
from runs.views.endings import Ending, endings_of
from runs.views.filter_bar import FilterBar
from runs.views.formats import compact
from runs.views.heat import Heat
from runs.views.quality_heat import PHASES, quality_heat

GROUPS = {"model": "Model", "team": "Team", "task_type": "Task type"}
OWN = ("by", "shape")
OFFERS: Mapping[str, Collection[str]] = {"by": GROUPS, "shape": ("table",)}


@dataclass(frozen=True, slots=True)
class Segment:
    label: str
    url: str
    current: bool


class OverviewPage:
    """One state of the page; what a part does not show is not read."""

    def __init__(self, caller: Caller, bar: FilterBar) -> None:
        self.bar = bar
        self._caller = caller
        self._asked = bar.ask()
        own = dict(bar.own)
        self.by = own.get("by", "model")
        self.as_table = "shape" in own

    @cached_property
    def seen(self) -> Overview:
        return read_overview(self._caller, self._asked)

    @cached_property
    def is_made_up(self) -> bool:
        """Tell whether made-up history is among the figures."""
        return holds_demo(self._asked)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing ever happened that the caller may see."""
        return not self.bar.seen.models and not any(self.seen.runs.values())

    @property
    def changes(self) -> dict[str, Change]:
        now, before = self.seen.now, self.seen.before
        if before is None:
            return {}
        latencies = (*now.latency_ms(0.95), *before.latency_ms(0.95))
        scores = [one.score.mean if one.score else None for one in (now, before)]
        runs_before = sum((self.seen.runs_before or {}).values())
        return {
            "cost": change_of(now.known_cost_nanousd, before.known_cost_nanousd),
            "calls": change_of(now.calls, before.calls),
            "latency": change_of(*latencies),
            "quality": change_of(*scores, absolute=True),
            "runs": change_of(self.run_count, runs_before),
        }

    @property
    def run_count(self) -> int:
        return sum(self.seen.runs.values())

    @property
    def endings(self) -> list[Ending]:
        return list(endings_of(self.seen.runs, self.bar))

    @cached_property
    def latency(self) -> tuple[float | None, ...]:
        return self.seen.now.latency_ms(0.5, 0.95)

    @property
    def error_share(self) -> str:
        return percent(self.seen.now.error_ratio)

    @cached_property
    def budgets(self) -> list[BudgetRow]:
        return [BudgetRow(one) for one in self._outlooks]

    @cached_property
    def _outlooks(self) -> list[BudgetOutlook]:
        chosen = {team.pk for team in self.bar.teams} if self.bar.filters.team else None
        found = budget_outlooks(self._caller, self.bar.now)
        return [
            one
            for one in found
            if chosen is None or one.budget.team_id is None or one.budget.team_id in chosen
        ]

    @cached_property
    def attention(self) -> list[Item]:
        chosen = [team.pk for team in self.bar.teams] if self.bar.filters.team else None
        advice = advice_items(self._caller, chosen)
        return [*attention(self._outlooks, self._health, self.seen, self._matrix), *advice]

    @cached_property
    def savings(self) -> AdviceGlance:
        return advice_glance(self._caller, self.bar.now)

    @cached_property
    def _health(self) -> list[ModelHealth]:
        """Return how models have been of late, whatever the time chosen."""
        lately = named_window("24h", self.bar.zone, self.bar.now)
        return provider_health(self._asked.over(lately))

    @property
    def segments(self) -> list[Segment]:
        return [
            Segment(label, self.bar.url(by=name if name != "model" else ""), name == self.by)
            for name, label in GROUPS.items()
        ]

    @cached_property
    def chart(self) -> ChartCard:
        found = chart(self._asked, METRICS["cost"], self.by)
        return ChartCard(found, self.by, self.bar.label)

    @property
    def shape_url(self) -> str:
        """Return the address with the chart as a table, or as a chart again."""
        return self.bar.url(shape="" if self.as_table else "table")

    @cached_property
    def heat(self) -> Heat | None:
        """Return quality as a small heatmap; None: nothing was judged."""
        return quality_heat(self.bar, Metric.QUALITY, self._matrix)

    @cached_property
    def _matrix(self) -> Matrix:
        return quality_matrix(self.bar.ask(PHASES))

    @property
    def calls(self) -> str:
        return compact(self.seen.now.calls)


@require_safe
@page
def overview(request: HttpRequest) -> HttpResponse:
    """Show the overview, or the part of it that updates itself."""
    caller = caller_of(request)
    bar = FilterBar(request, caller, own=OWN, offers=OFFERS)
    # Read before the figures: what changes in between is then shown twice rather than never.
    version = feed_version(caller, bar.now)
    if wants_part(request) and request.GET.get("seen") == version:
        return HttpResponse(status=UNCHANGED)
    may_submit = bool(caller.team_ids(Action.WRITE_RUNS))
    context = {
        "bar": bar,
        "page": OverviewPage(caller, bar),
        "may_submit": may_submit,
        "part_url": bar.url(seen=version),
    }
    name = "parts/live.html" if wants_part(request) else "page.html"
    return render(request, f"overview/{name}", context)
