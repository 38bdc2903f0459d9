"""A heatmap as a table: what each cell writes, how it is shaded, where it leads."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell. `name` and `detail` are what is said of it in full, to eyes and to readers."""

    id: str
    text: str
    small: str
    shade: int
    thin: bool
    name: str
    detail: str
    url: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One row; a cell of None holds no data."""

    label: str
    small: str
    cells: list[HeatCell | None]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Heat:
    """A whole table. The ends of its scale are in words; `few` is what hatching means."""

    id: str
    caption: str
    corner: str
    columns: list[str]
    rows: list[HeatRow]
    low: str
    high: str
    few: str = ""
    shades: range = field(default=range(10))
