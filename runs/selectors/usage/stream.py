"""Figures as rows for files of any length: counted first, then read a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runs.core.window import Window
from runs.selectors.usage.asked import Asked
from runs.selectors.usage.chart import COLUMNS
from runs.selectors.usage.table import Row, usage_rows
from telemetry.selectors.rollups import count_groups


class RowsChanged(Exception):
    """Figures of the past were rebuilt or removed while they were being read."""


@dataclass(frozen=True, slots=True)
class RowStream:
    """Hold how many rows each piece of time has; `last` is the one still going on, read already.

    Iterating reads one piece after the other. Raises: RowsChanged, where a piece has other rows
    than were counted: a file that ends before its end is better than one that lies.
    """

    asked: Asked
    group_by: Sequence[str]
    counts: Sequence[tuple[Window, int]]
    last: Sequence[Row]

    def __len__(self) -> int:
        return sum(count for _, count in self.counts) + len(self.last)

    def __iter__(self) -> Iterator[Row]:
        for window, count in self.counts:
            rows = usage_rows(self.asked.over(window), self.group_by) if count else []
            if len(rows) != count:
                raise RowsChanged(f"{window.first} has {len(rows)} rows and had {count}")
            yield from rows
        yield from self.last


def usage_stream(asked: Asked, group_by: Sequence[str]) -> RowStream:
    """Return the rows of `usage_rows`, counted; in memory there are never more than of one piece.

    A piece is a bucket where time is among the groups. Without time there are no more rows than
    series, and one piece holds them.
    """
    *past, last = _pieces(asked.window, group_by)
    names = [COLUMNS.get(name, name) for name in group_by if name not in ("day", "hour")]
    counts = [(piece, count_groups(asked.where, piece.span, names)) for piece in past]
    return RowStream(asked, group_by, counts, usage_rows(asked.over(last), group_by))


def _pieces(window: Window, group_by: Sequence[str]) -> list[Window]:
    if ("hour" if window.by_hour else "day") not in group_by:
        return [window]
    return [Window(each, each, window.zone, window.now) for each in window.buckets]
