"""Figures in two directions, as heatmaps and tables show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from runs.core.rules import TaskType
from runs.core.window import Window, named_window
from runs.selectors.usage.asked import Asked
from telemetry.core.totals import Totals
from telemetry.selectors.rollups import totals

# Wider ones are read by nobody, and weigh on the page.
MAX_ROWS = 60
_COST = ("calls", "unpriced_calls", "cost_nanousd")


@dataclass(frozen=True, slots=True)
class Cell:
    """Hold the figures of one cell, and those of the time before (None: nothing there)."""

    now: Totals
    before: Totals | None = None

    @property
    def trend(self) -> float | None:
        """Return by how much the mean score changed; None: one of the two has no score."""
        if self.now.score is None or self.before is None or self.before.score is None:
            return None
        return self.now.score.mean - self.before.score.mean


@dataclass(frozen=True, slots=True)
class Matrix:
    """Hold cells by row and column; one that is missing has no data. `left_out` counts rows."""

    rows: Sequence[str]
    columns: Sequence[str] | Sequence[int | date]
    cells: Mapping[tuple[str, Any], Cell]
    window: Window
    left_out: int = 0


def quality_matrix(asked: Asked) -> Matrix:
    """Return model by task type, with the previous period where it is kept."""
    by = ("model", "task_type")
    previous = asked.window.previous
    now = totals(asked.where, asked.window.span, by)
    before = {} if previous is None else totals(asked.where, previous.span, by, timed=False)
    cells = {place: Cell(figures, before.get(place)) for place, figures in now.items()}
    weights: dict[Any, int] = {}
    for (model, _), figures in now.items():
        weights[model] = weights.get(model, 0) + figures.calls + figures.attempts
    known = [str(kind) for kind in TaskType]
    kinds = known + sorted({kind for _, kind in now} - {*known, ""})
    return _matrix(cells, weights, kinds, asked.window)


def cost_by_team_and_day(asked: Asked) -> Matrix:
    """Return what each team spent each day; of a window of hours, each hour."""
    time = "hour" if asked.window.by_hour else "day"
    found = totals(asked.where, asked.window.span, ("team_id", time), sums=_COST, timed=False)
    named = {
        (asked.teams.get(team, "a team that is gone"), bucket): figures
        for (team, bucket), figures in found.items()
    }
    return _costs(named, asked.window)


def cost_by_model_and_hour(asked: Asked) -> Matrix:
    """Return what each model cost in each of the last 24 hours, whatever the window."""
    window = asked.window
    if not window.by_hour:
        window = named_window("24h", window.zone, window.now)
    found = totals(asked.where, window.span, ("model", "hour"), sums=_COST, timed=False)
    return _costs(found, window)


def _costs(found: Mapping[tuple[Any, ...], Totals], window: Window) -> Matrix:
    weights: dict[Any, int] = {}
    for (row, _), figures in found.items():
        weights[row] = weights.get(row, 0) + figures.cost_nanousd
    cells = {place: Cell(figures) for place, figures in found.items() if figures.calls}
    return _matrix(cells, weights, window.buckets, window)


def _matrix(
    cells: Mapping[tuple[Any, ...], Cell],
    weights: Mapping[str, int],
    columns: Sequence[Any],
    window: Window,
) -> Matrix:
    """Keep the rows that weigh most, in the order of their names."""
    heaviest = sorted(weights, key=lambda row: (-weights[row], row))[:MAX_ROWS]
    kept = {(row, column): cell for (row, column), cell in cells.items() if row in set(heaviest)}
    return Matrix(sorted(heaviest), columns, kept, window, len(weights) - len(heaviest))
