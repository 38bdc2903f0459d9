"""The page on how well providers and models are: errors, latencies, breakers and their history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from routing.services.health import ClearBreaker
from runs.selectors.usage import ModelHealth, provider_health
from runs.views.asking import caller_of, page, wants_part
from runs.views.filter_bar import FilterBar
from runs.views.formats import percent
from telemetry.core.totals import Totals
from telemetry.services.journal import apply_now

FIELDS = ("team", "task_type", "model", "provider")
CLOSED, OPEN = "CLOSED", "OPEN"
MOST_CHANGES = 50


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the time in which a breaker was not closed, in hundredths of the whole."""

    state: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Change:
    at: datetime
    model: str
    state: str
    reason: str


class ModelLine:
    """One model's line."""

    def __init__(self, health: ModelHealth, start: datetime, end: datetime) -> None:
        self.health = health
        self.model = health.model
        self.state = health.state
        self.breaker = health.breaker
        self.totals = health.totals
        self.p50, self.p95, self.p99 = health.totals.latency_ms(0.5, 0.95, 0.99)
        self.stretches = list(_stretches(health, start, end))

    @property
    def origins(self) -> list[tuple[str, int]]:
        """Return errors by whose fault they were, where there were any."""
        totals = self.totals
        found = [
            ("provider", totals.errors_provider),
            ("policy", totals.errors_policy),
            ("budget", totals.errors_budget),
            ("us", totals.errors_us),
        ]
        return [(origin, count) for origin, count in found if count]

    @property
    def error_share(self) -> str:
        return percent(self.totals.error_ratio)

    @property
    def strip_label(self) -> str:
        """Return the strip in words."""
        shut = sum(float(stretch.width) for stretch in self.stretches)
        if not self.stretches:
            return "closed all the time"
        times = sum(change.state == OPEN for change in self.health.changes)
        return f"not closed for {shut:.1f} % of the time, opened {times} times"


@dataclass(frozen=True, slots=True)
class ProviderPart:
    """One provider with its models."""

    name: str
    lines: Sequence[ModelLine]
    totals: Totals

    @property
    def error_share(self) -> str:
        return percent(self.totals.error_ratio)

    @property
    def ill(self) -> int:
        return sum(line.state != CLOSED for line in self.lines)


@require_safe
@page
def providers(request: HttpRequest) -> HttpResponse:
    """Show every provider's health over the time chosen."""
    bar = FilterBar(request, caller_of(request), FIELDS)
    found = provider_health(bar.ask())
    context: dict[str, Any] = {
        "bar": bar,
        "parts": list(_parts(bar, found)),
        "changes": _changes(found),
        "part_url": bar.url(),
        "may_clear": request.user.is_staff,
    }
    template = "parts/body.html" if wants_part(request) else "page.html"
    return render(request, f"providers/{template}", context)


@require_POST
@page
def breaker_clear(request: HttpRequest) -> HttpResponse:
    """Close a model's breaker, on the word of whoever operates the house."""
    if not request.user.is_staff:  # breakers are of the whole house, not of one org
        raise PermissionDenied
    caller, model = caller_of(request), request.POST.get("model", "").replace("\0", "")[:128]
    (was_open,) = apply_now(ClearBreaker(model, caller.name, timezone.now()))
    if was_open:
        messages.success(request, f"{model} is called again.", extra_tags="ok")
    else:
        messages.info(request, f"There was nothing to clear for {model}.")
    return redirect("providers")


def _parts(bar: FilterBar, found: Iterable[ModelHealth]) -> Iterable[ProviderPart]:
    start, end = bar.window.starts_at, bar.window.ends_at
    for name, models in groupby(found, key=lambda health: health.provider):
        lines = [ModelLine(health, start, end) for health in models]
        yield ProviderPart(name, lines, sum((line.totals for line in lines), Totals()))


def _changes(found: Iterable[ModelHealth]) -> list[Change]:
    """Return what happened to breakers, the latest first."""
    changes = [
        Change(change.at, health.model, change.state, change.reason)
        for health in found
        for change in health.changes
    ]
    return sorted(changes, key=lambda change: change.at, reverse=True)[:MOST_CHANGES]


def _stretches(health: ModelHealth, start: datetime, end: datetime) -> Iterable[Stretch]:
    """Return when a breaker was not closed; what was before the first change follows from it."""
    whole = max((end - start).total_seconds(), 1.0)
    changes = [change for change in reversed(health.changes) if start <= change.at < end]
    state = OPEN if changes and changes[0].state == CLOSED else CLOSED
    if not changes and health.breaker is not None and health.state != CLOSED:
        state = health.state
    since = start
    for at, new in [*((change.at, change.state) for change in changes), (end, "")]:
        if state != CLOSED:
            x = 100 * (since - start).total_seconds() / whole
            # A moment's opening is to be seen, too.
            width = max(0.5, 100 * (at - since).total_seconds() / whole)
            yield Stretch(state, f"{min(x, 99.5):.2f}", f"{width:.2f}")
        state, since = new, at
