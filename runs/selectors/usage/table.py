"""Figures as rows of a table, in an order that stays: what the API and exports are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from runs.core.window import moment_of
from runs.selectors.usage.asked import Asked
from runs.selectors.usage.chart import COLUMNS
from telemetry.core.totals import Totals
from telemetry.selectors.rollups import totals


@dataclass(frozen=True, slots=True)
class Row:
    """Hold the figures of one group, by the names of what it was grouped by."""

    group: Mapping[str, Any]
    totals: Totals


def usage_rows(asked: Asked, group_by: Sequence[str], most: int | None = None) -> list[Row]:
    """Return figures by model, task_type, team, provider, phase, day or hour, or any of them.

    The oldest first, then by name. A day is a date, an hour the moment it begins.
    Raises: TooManyGroups, where there are more than `most`; None: as many as there are.
    """
    columns = [COLUMNS.get(name, name) for name in group_by]
    found = totals(asked.where, asked.window.span, columns, most=most)
    rows = [
        Row(
            {name: _shown(asked, name, value) for name, value in zip(group_by, place, strict=True)},
            figures,
        )
        for place, figures in found.items()
    ]
    in_order = sorted(group_by, key=lambda name: name not in ("day", "hour"))
    return sorted(rows, key=lambda row: [_key(row.group[name]) for name in in_order])


def _shown(asked: Asked, name: str, value: Any) -> Any:
    if name == "team":
        return asked.teams.get(value, "")
    return moment_of(value, asked.window.zone) if name == "hour" else value


def _key(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
