"""What things cost by team and day, and by model and hour, as heatmaps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.html import format_html

from budgets.core.money import NANOUSD_PER_USD
from runs.core.filters import Filters
from runs.core.heat import SHADES
from runs.core.window import moment_of
from runs.selectors.usage import Matrix
from runs.views.filter_bar import FilterBar
from runs.views.formats import exact_usd, usd
from runs.views.heat import Heat, HeatCell, HeatRow
from runs.views.tags import moment

# A month: more columns are read by nobody.
MAX_COLUMNS = 31
Narrow = Callable[[Filters, str, Any], Filters]


def team_and_day(found: Matrix, bar: FilterBar) -> Heat | None:
    """Return cost by team and day, or hour where the time is short; None: nothing cost anything."""
    by_hour = found.window.by_hour
    return _heat(
        found,
        bar,
        id="cost-days",
        caption=f"Cost by team and {'hour' if by_hour else 'day'}",
        corner="Team",
        narrow=_team_hour if by_hour else _team_day,
    )


def model_and_hour(found: Matrix, bar: FilterBar) -> Heat | None:
    """Return cost by model and hour; None: nothing cost anything."""
    caption = "Cost by model and hour"
    return _heat(found, bar, id="cost-hours", caption=caption, corner="Model", narrow=_model_hour)


def short_usd(nanousd: int) -> str:
    """Write money as short as a narrow cell needs it: $123, $1.20, 42¢, 0.4¢."""
    dollars = nanousd / NANOUSD_PER_USD
    if dollars >= 99.5:
        return f"${dollars:,.0f}"
    if dollars >= 9.95:
        return f"${dollars:.0f}"
    if dollars >= 0.995:
        return f"${dollars:.2f}"
    if dollars >= 0.00995:
        return f"{dollars * 100:.0f}¢"
    if dollars >= 0.00095:
        return f"{dollars * 100:.1f}¢"
    return "<.1¢" if nanousd else "$0"


def _heat(
    found: Matrix, bar: FilterBar, *, id: str, caption: str, corner: str, narrow: Narrow
) -> Heat | None:
    columns = list(found.columns)[-MAX_COLUMNS:]
    shown = [
        cell.now.known_cost_nanousd or 0
        for (_, column), cell in found.cells.items()
        if column in columns
    ]
    if not any(shown):
        return None
    ends = min(amount for amount in shown if amount), max(shown)
    return Heat(
        id=id,
        caption=caption,
        corner=corner,
        columns=[_head(column) for column in columns],
        rows=[
            HeatRow(
                row,
                "",
                [
                    _cell(found, row, column, f"{id}-{y}-{x}", ends, bar, narrow)
                    for x, column in enumerate(columns)
                ],
            )
            for y, row in enumerate(found.rows)
        ],
        low=usd(ends[0]),
        high=usd(ends[1]),
    )


def _cell(
    found: Matrix,
    row: str,
    column: Any,
    id: str,
    ends: tuple[int, int],
    bar: FilterBar,
    narrow: Narrow,
) -> HeatCell | None:
    cell = found.cells.get((row, column))
    if cell is None:
        return None
    cost = cell.now.known_cost_nanousd
    unfinished = " · not over yet" if _is_last(found, column) else ""
    unpriced = f", {cell.now.unpriced_calls:,} of unknown price" if cell.now.unpriced_calls else ""
    return HeatCell(
        id=id,
        text="?" if cost is None else short_usd(cost),
        small="",
        shade=shade_of(cost or 0, ends),
        thin=False,
        name=f"{row}, {_name(column)}",
        detail=f"{exact_usd(cost)} · {cell.now.calls:,} calls{unpriced}{unfinished}",
        url=bar.url(narrow(bar.filters, row, column)),
    )


def shade_of(amount: int, ends: tuple[int, int]) -> int:
    """Return the shade of an amount, the largest the brightest; by ratio, as money is compared."""
    low, high = (math.log(max(end, 1)) for end in ends)
    if high <= low:
        return SHADES - 1 if amount else 0
    share = (math.log(max(amount, 1)) - low) / (high - low)
    return max(0, min(SHADES - 1, int(share * SHADES)))


def _head(column: Any) -> str:
    if isinstance(column, date):
        return format_html("{}<br>{}", column.day, f"{column:%b}")
    return moment(moment_of(column, UTC), "hour")


def _name(column: Any) -> str:
    if isinstance(column, date):
        return f"{column:%a %-d %b %Y}"
    return f"{moment_of(column, UTC):%-d %b %Y, %H:%M} UTC"


def _is_last(found: Matrix, column: Any) -> bool:
    columns: Sequence[Any] = found.columns
    return found.window.is_unfinished and column == columns[-1]


def _team_day(filters: Filters, team: str, day: date) -> Filters:
    text = day.isoformat()
    return filters.having(team=(team,), preset="", from_text=text, to_text=text)


def _team_hour(filters: Filters, team: str, hour: int) -> Filters:
    return _in_hour(filters, hour).having(team=(team,))


def _model_hour(filters: Filters, model: str, hour: int) -> Filters:
    return _in_hour(filters, hour).having(model=(model,))


def _in_hour(filters: Filters, hour: int) -> Filters:
    start = moment_of(hour, UTC)
    ends = (_written(start), _written(start + timedelta(hours=1)))
    return filters.having(preset="", from_text=ends[0], to_text=ends[1])


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
