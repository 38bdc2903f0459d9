"""How recommendations are shown: money first, its interval as a bar, quality, state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse

from routing.models.recommendation import Kind, State
from runs.selectors.recommendations import Reading
from runs.views.formats import Look, usd, usd_between
from runs.views.interval_bar import IntervalBar, Scale, interval_bar

LOOKS: Mapping[str, Look] = {
    State.PROPOSED: Look("Proposed", "idle", "s-queued"),
    State.SHADOW: Look("In shadow", "busy", "s-running"),
    State.CANARY: Look("Canary", "busy", "s-running"),
    State.APPLIED: Look("Applied", "ok", "s-done"),
    State.DISMISSED: Look("Dismissed", "idle", "s-cancelled"),
    State.REVERTED: Look("Reverted", "warn", "s-cancelled"),
    State.OUTDATED: Look("Outdated", "idle", "s-skipped"),
}
KINDS = {Kind.ROUTING: "Routing", Kind.FINE_TUNING: "Fine-tuning"}


@dataclass(frozen=True, slots=True)
class Line:
    """One recommendation in a list."""

    reading: Reading
    bar: IntervalBar

    @property
    def look(self) -> Look:
        return LOOKS[self.reading.row.state]

    @property
    def kind(self) -> str:
        return KINDS[Kind(self.reading.row.kind)]

    @property
    def url(self) -> str:
        row = self.reading.row
        tuning = row.kind == Kind.FINE_TUNING
        return reverse("tuning-proposal" if tuning else "recommendation", args=[row.pk])

    @property
    def quality(self) -> str:
        row = self.reading.row
        return quality_text(row.quality_change, row.quality_low, row.quality_high)


def lines_of(readings: Iterable[Reading]) -> list[Line]:
    """Return a list's lines, their bars on one scale."""
    page = list(readings)
    rows = [one.row for one in page]
    scale = Scale.over(
        bound for row in rows for bound in (row.saving_low_nanousd, row.saving_high_nanousd)
    )
    return [Line(one, saving_bar(one, scale)) for one in page]


def saving_bar(reading: Reading, scale: Scale) -> IntervalBar:
    """Return what a month would save as a bar."""
    row = reading.row
    low, high = row.saving_low_nanousd, row.saving_high_nanousd
    label = f"{usd(row.saving_nanousd)} a month, {usd_between(low, high)} in 8 of 10 cases"
    return interval_bar(label, low, row.saving_nanousd, high, scale)


def quality_text(change: float | None, low: float | None, high: float | None) -> str:
    """Write a difference of scores with its interval; where there is none, say so."""
    if change is None or low is None or high is None:
        return "not known"
    return f"{signed(change)} ({signed(low)} to {signed(high)})"


def signed(value: float) -> str:
    """Write a difference of scores with its sign."""
    return f"{value:+.3f}".replace("-", "−")
