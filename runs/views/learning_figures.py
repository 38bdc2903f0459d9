"""What was learned, as it is drawn: intervals as SVG, movement and trade-off as Plotly figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from budgets.core.money import NANOUSD_PER_USD
from routing.core.candidates import Candidate
from runs.core.exploration import Exploration
from runs.core.tradeoff import Stretch, frontier
from runs.selectors.learned import Movement
from runs.views.formats import usd, usd_between
from runs.views.tuning_tables import money
from telemetry import figures

# 95 % of a normal lie within so many standard deviations.
Z95 = 1.959964
WIDTH = 1000
MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One model's belief. Places are in thousandths of the scale from 0 to 1."""

    model: str
    provider: str
    n: int
    mean: float
    low: float
    high: float
    cost_nanousd: int | None
    left: str
    width: str
    middle: str

    @property
    def label(self) -> str:
        return f"{self.mean:.2f}, 95 % interval {self.low:.2f} to {self.high:.2f}, n {self.n:,}"


def interval_rows(candidates: Sequence[Candidate]) -> list[IntervalRow]:
    """Return a row for each candidate, the best mean first."""
    rows = [_row(one) for one in candidates]
    return sorted(rows, key=lambda row: (-row.mean, row.model))


def moved_figure(moved: Movement) -> str:
    """Return how beliefs moved, one line a model, as JSON."""
    lines = [
        figures.Line(model, means, figures.ink_of(place))
        for place, (model, means) in enumerate(moved.by_model.items())
    ]
    found = figures.time_chart(
        moved.days, lines, figures.Unit(".2f"), stacked=False, unfinished=True
    )
    found["layout"]["yaxis"]["rangemode"] = "normal"
    return json.dumps(found, separators=(",", ":"))


def tradeoff_figure(
    candidates: Sequence[Candidate], chosen: Sequence[Stretch], drawn: Sequence[str]
) -> str:
    """Return quality by cost of every candidate, those that are ever chosen in ink, as JSON."""
    inks = dict(legend_of(chosen, drawn))
    spots = [
        figures.Spot(
            one.model,
            max(one.expected_cost_nanousd, 1) / NANOUSD_PER_USD,
            round(one.estimate.mean, 4),
            inks.get(one.model, figures.OTHERS_INK),
        )
        for one in candidates
        if one.expected_cost_nanousd is not None
    ]
    edge = [(max(cost, 1.0) / NANOUSD_PER_USD, score) for cost, score in frontier(candidates)]
    found = figures.tradeoff_chart(
        spots, edge, figures.Unit(",.2~r", prefix="$"), figures.Unit(".2f")
    )
    return json.dumps(found, separators=(",", ":"))


def inks_of(models: Sequence[str]) -> list[tuple[str, str]]:
    """Return models with the ink of each, by their place."""
    return [(model, figures.ink_of(place)) for place, model in enumerate(models)]


def legend_of(chosen: Sequence[Stretch], drawn: Sequence[str]) -> list[tuple[str, str]]:
    """Return the models that are ever chosen, with their inks in the trade-off.

    A model that was `drawn` over time keeps its ink from there; the others get those of models
    that are not chosen here.
    """
    ever = [one.model for one in _ever(chosen)]
    kept = {model: ink for model, ink in inks_of(drawn) if model in ever}
    inks = (figures.ink_of(place) for place in range(MOST_LINES))
    free = (ink for ink in inks if ink not in kept.values())
    return [(model, kept.get(model) or next(free, figures.OTHERS_INK)) for model in ever]


def worth_text(one: Stretch) -> str:
    """Return in words what an accepted result is worth along a stretch."""
    if one.to_nanousd is None:
        return f"{usd(one.from_nanousd)} and more" if one.from_nanousd else "whatever it is worth"
    if not one.from_nanousd:
        return f"under {usd(one.to_nanousd)}"
    return usd_between(one.from_nanousd, one.to_nanousd)


def explored_text(one: Exploration) -> str:
    """Return what finding out costs a choice, with its interval where there is one."""
    if one.low_nanousd is None or one.high_nanousd is None:
        return f"{money(one.mean_nanousd)} (too few for an interval)"
    between = usd_between(one.low_nanousd, one.high_nanousd)
    return f"{money(one.mean_nanousd)} (95 % interval {between})"


def busiest(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the models that most is known of; without evidence those expected to be best."""
    ranked = sorted(candidates, key=lambda one: (-one.estimate.n, -one.estimate.mean, one.model))
    return ranked[:MOST_LINES]


def _ever(chosen: Sequence[Stretch]) -> list[Stretch]:
    return list({one.model: one for one in chosen}.values())


def _row(one: Candidate) -> IntervalRow:
    mean, half = one.estimate.mean, Z95 * one.estimate.sd
    low, high = max(0.0, mean - half), min(1.0, mean + half)
    return IntervalRow(
        one.model, one.provider, one.estimate.n, mean, low, high, one.expected_cost_nanousd,
        f"{low * WIDTH:.1f}", f"{(high - low) * WIDTH:.1f}", f"{mean * WIDTH:.1f}",
    )  # fmt: skip
